"""Who there is: staff and customers, their teams, what each may do, and who is on duty."""
