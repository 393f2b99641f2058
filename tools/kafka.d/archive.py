"""A class data archive for an installed Kafka: starts then take half the time.

Java makes it at the end of a run from the classes that the run had loaded, so Kafka
runs once, secure, as that needs the most classes. Nothing depends on it.
"""

import argparse
import os
import tempfile

import processes
from cluster import Cluster
from errors import Failure, progress


def make(kafka):
    if kafka.archive.exists() or not os.access(kafka.folder, os.W_OK):
        return
    progress(f"preparing quick starts of Apache Kafka {kafka.version}")
    with tempfile.TemporaryDirectory(prefix=".archive-", dir=kafka.folder) as scratch:
        archive = f"{scratch}/classes.jsa"
        cluster = Cluster(f"{scratch}/cluster")
        options = argparse.Namespace(
            version=kafka.version, nodes=1, secure=True, data_dir=None, disk_bytes=None,
            set=[], heap_mib=384, full_jit=False, parent=os.getpid(), no_wait=False,
            patience=120)
        try:
            cluster.start_new(options, [f"-XX:ArchiveClassesAtExit={archive}"])
            # It is written when Kafka has ended in peace.
            cluster.end(patience_s=60)
        except (Failure, OSError) as failure:
            progress(f"left out: {failure}")
            return
        finally:
            if cluster.state:
                cluster.remove()
            processes.reap()
        if os.path.exists(archive):
            os.replace(archive, kafka.archive)
