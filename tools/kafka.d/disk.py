"""The folder of a node's data, on a small file system of its own if one is asked for."""

import os
import pathlib
import shutil
import subprocess

from errors import Failure


def make(folder, disk_bytes):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    if not disk_bytes or os.path.ismount(folder):
        return
    run = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk_bytes},mode=0700",
                          "sluice-kafka", folder],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         check=False)
    if run.returncode != 0:
        raise Failure(f"--disk-bytes mounts a tmpfs of that size on {folder}, and that failed: "
                      f"{run.stdout.strip()}. It needs root; or give --data-dir a folder on a "
                      "small file system of your own")


def remove(folder):
    if os.path.ismount(folder):
        subprocess.run(["umount", "--lazy", folder], check=False)
    shutil.rmtree(folder, ignore_errors=True)
