"""Mail: raw bytes -> Mail -> Incoming. No network, no database, no clock."""
