"""Mails that are files of their own: in a Maildir, in a folder, in a zip or a tar."""

import io
import tarfile
import zipfile
from contextlib import ExitStack

import pytest

from helpdesk.channels.archive import eml, maildir
from helpdesk.channels.archive.place import NoArchive, Shelf

RAW = b"From: anna@customer.test\nSubject: Hello\n\nText.\n"


def box(folder, *names):
    for inner in ("cur", "new", "tmp"):
        (folder / inner).mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(RAW)
    return folder


def read(path):
    shelf = Shelf()
    with ExitStack() as kept:
        raws = {place.name: place.left or shelf.read(place) for place in eml.places(path, kept)}
        shelf.close()
    return raws


def deflate64(packed):
    """The same zip, its members said to be packed as larger ones by some other programs are."""
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        begin = packed.index(mark) + at
        packed = packed[:begin] + b"\x09\x00" + packed[begin + 2 :]
    return packed


class TestMaildir:
    def test_new_and_read_mails_are_found_and_half_written_ones_are_not(self, tmp_path):
        box(tmp_path, "new/1600000000.1.host", "cur/1600000001.2.host:2,S", "tmp/1600000002.3.host")
        assert [place.name for place in maildir.places(tmp_path)] == [
            "INBOX/1600000000.1.host",
            "INBOX/1600000001.2.host:2,S",
        ]

    def test_folders_below_it_have_the_names_that_people_gave_them(self, tmp_path):
        box(tmp_path)
        box(tmp_path / ".Sent.&BCAEMAQxBD4EQgQw-", "cur/1600000000.1.host:2,S")
        box(tmp_path / "Archive" / "2019", "cur/1500000000.1.host:2,S")
        assert [place.name for place in maildir.places(tmp_path)] == [
            "Sent.Работа/1600000000.1.host:2,S",
            "Archive/2019/1500000000.1.host:2,S",
        ]

    def test_drafts_deleted_mails_and_junk_are_left_out_with_the_reason(self, tmp_path):
        box(tmp_path, "cur/1.host:2,DS", "cur/2.host:2,ST")
        box(tmp_path / ".&BCEEPwQwBDw-", "new/3.host")
        reasons = [place.left for place in maildir.places(tmp_path)]
        assert reasons == ["a draft that was never sent", "marked as deleted", "in the folder Спам"]

    @pytest.mark.parametrize("name", ["Antispam", ".Not spam", ".&BB0ENQ- &BEEEPwQwBDw-"])
    def test_a_folder_whose_name_only_ends_in_such_a_word_is_read(self, tmp_path, name):
        box(tmp_path / name, "cur/1.host")
        assert [place.left for place in maildir.places(tmp_path)] == [""]

    def test_a_folder_of_junk_is_read_when_it_is_what_was_asked_for(self, tmp_path):
        box(tmp_path / ".Junk", "new/3.host")
        assert [place.left for place in maildir.places(tmp_path / ".Junk")] == [""]

    def test_the_name_says_when_a_mail_came(self, tmp_path):
        box(tmp_path, "new/1600000000.1.host")
        (place,) = maildir.places(tmp_path)
        assert place.at.timestamp() == 1600000000

    def test_links_are_not_followed(self, tmp_path):
        box(tmp_path / "box")
        (tmp_path / "secret").write_bytes(RAW)
        (tmp_path / "box" / "cur" / "1.host:2,S").symlink_to(tmp_path / "secret")
        (tmp_path / "box" / ".Sent").symlink_to(box(tmp_path / "other", "new/2.host"))
        assert list(maildir.places(tmp_path / "box")) == []

    def test_another_folder_is_no_maildir(self, tmp_path):
        with pytest.raises(NoArchive, match="no folder in it has cur or new"):
            list(maildir.places(tmp_path))


class TestFiles:
    def test_one_file_is_one_mail(self, tmp_path):
        (tmp_path / "one.eml").write_bytes(RAW)
        assert read(tmp_path / "one.eml") == {"one.eml": RAW}

    def test_a_folder_is_read_with_all_below_it_and_nothing_else(self, tmp_path):
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "a" / "b" / "one.EML").write_bytes(RAW)
        (tmp_path / "a" / "notes.txt").write_bytes(b"no mail")
        (tmp_path / "a" / "passwd.eml").symlink_to("/etc/passwd")
        assert read(tmp_path) == {"a/b/one.EML": RAW}

    def test_a_link_in_place_of_the_archive_is_refused(self, tmp_path):
        (tmp_path / "link").symlink_to("/etc")
        with pytest.raises(NoArchive, match="is a symbolic link"):
            read(tmp_path / "link")

    def test_a_path_that_is_not_there_is_refused(self, tmp_path):
        with pytest.raises(NoArchive, match="There is no"):
            read(tmp_path / "nothing")

    def test_a_zip_is_read_without_being_unpacked(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "old.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("../../escape.eml", RAW)
            packed.writestr("bomb.eml", b"0" * 30_000_000)
            packed.writestr("notes.txt", b"no mail")
        assert read(tmp_path / "old.zip") == {
            "old.zip: ../../escape.eml": RAW,
            "old.zip: bomb.eml": "packed more than 200 times",
        }
        assert sorted(path.name for path in tmp_path.parent.glob("*.eml")) == []

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_members_of_a_zip_that_share_a_name_are_each_read(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "old.zip", "w") as packed:
            for text in (b"A: 1\n", b"A: 2\n"):
                packed.writestr("one.eml", text)
        shelf = Shelf()
        with ExitStack() as kept:
            raws = [shelf.read(place) for place in eml.places(tmp_path / "old.zip", kept)]
        shelf.close()
        assert raws == [b"A: 1\n", b"A: 2\n"]

    def test_a_member_that_is_packed_in_a_way_unknown_here_is_one_that_cannot_be_read(self, tmp_path):
        path = tmp_path / "old.zip"
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("one.eml", RAW)
        path.write_bytes(deflate64(path.read_bytes()))
        with pytest.raises(eml.BROKEN):
            read(path)

    @pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
    def test_a_tar_is_read_without_its_links(self, tmp_path, mode):
        path = tmp_path / "old.tar"
        with tarfile.open(path, mode) as packed:
            one = tarfile.TarInfo("../one.eml")
            one.size = len(RAW)
            packed.addfile(one, io.BytesIO(RAW))
            link = tarfile.TarInfo("passwd.eml")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            packed.addfile(link)
        assert read(path) == {"old.tar: ../one.eml": RAW}

    def test_a_tar_that_is_a_bomb_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(eml, "LARGEST", 1_000_000)
        path = tmp_path / "old.tar.gz"
        with tarfile.open(path, "w:gz") as packed:
            one = tarfile.TarInfo("one.eml")
            one.size = 30_000_000
            packed.addfile(one, io.BytesIO(b"0" * one.size))
        with pytest.raises(NoArchive, match="becomes too large"):
            read(path)
