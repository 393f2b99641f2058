"""A Kafka of one or three nodes in a folder: its state file, its start and its end."""

import base64
import errno
import json
import os
import pathlib
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
import uuid

import disk
import processes
from errors import Failure, progress
from installed import Kafka
from node_settings import properties
from wire import Connection, ProtocolError, salted_password

STATE = "cluster.json"
TOOLS = pathlib.Path(__file__).absolute().parent.parent
SCRAM_ITERATIONS = 4096
LOG_LINES_SHOWN = 25
# A port of the range that outgoing connections draw from could be in use by one of
# them, and at a node's second start even by a client that looks for the node.
PORTS_FROM = 10240


def new_id():
    """As Kafka spells its ids; one that begins with '-' would pass for an option."""
    while True:
        made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not made.startswith("-"):
            return made


class PortTaken(Exception):
    """Another process took a port between its choice and its use."""


def free_port(taken):
    low = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(
        encoding="utf-8").split()[0])
    for attempt in range(100):
        port = random.SystemRandom().randrange(PORTS_FROM, low) \
            if low > PORTS_FROM + 1000 and attempt < 99 else 0
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            port = probe.getsockname()[1]
        if port not in taken:
            taken.add(port)
            return port
    raise Failure("no free port is to be found on 127.0.0.1")


class Cluster:
    """state is what cluster.json holds; nothing else is known between two calls."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).absolute()
        self.state = None
        path = self.folder / STATE
        if path.is_file():
            self.state = json.loads(path.read_text(encoding="utf-8"))

    def save(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        scratch = self.folder / f".{STATE}.{os.getpid()}"
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
                       encoding="utf-8") as out:
            json.dump(self.state, out, indent=1)
            out.write("\n")
        os.replace(scratch, self.folder / STATE)

    def must_exist(self):
        if self.state is None:
            raise Failure(f"there is no Kafka in {self.folder}: "
                          f"tools/kafka start --dir {self.folder}")

    def nodes(self, number=None):
        self.must_exist()
        found = [node for node in self.state["nodes"] if number in (None, node["id"])]
        if not found:
            raise Failure(f"there is no node {number}: nodes are numbered from 1 to "
                          f"{len(self.state['nodes'])}")
        return found

    def running(self, number=None):
        return [node for node in self.nodes(number) if processes.is_running(node["process"])]

    def bootstrap(self):
        return ",".join(f"127.0.0.1:{node['ports']['client']}" for node in self.state["nodes"])

    def node_folder(self, node):
        return self.folder / f"node-{node['id']}"

    def log(self, node):
        return self.node_folder(node) / "log"

    def last_lines(self, node, count=LOG_LINES_SHOWN):
        lines = self.log(node).read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join("    " + line for line in lines[-count:])

    # Making one

    def make(self, options):
        """Chooses ports, writes settings and formats; nothing runs yet."""
        data = pathlib.Path(options.data_dir).absolute() if options.data_dir else self.folder
        kafka = Kafka(options.version)
        taken = set()
        names = ["client", "controller"] + (["internal"] if options.secure else [])
        self.state = {
            "version": kafka.version,
            "cluster_id": new_id(),
            "secure": options.secure,
            "settings": dict(each.split("=", 1) for each in options.set),
            "heap_mib": options.heap_mib,
            "full_jit": options.full_jit,
            "disk_bytes": options.disk_bytes,
            "nodes": [{"id": number, "process": None, "mount": str(data / f"data-{number}"),
                       "data": str(data / f"data-{number}" / "kafka"),
                       "ports": {name: free_port(taken) for name in names}}
                      for number in range(1, options.nodes + 1)],
        }
        if options.secure:
            self.state["admin_password"] = secrets.token_hex(16)
            self.make_certificates()
        self.save()
        for node in self.state["nodes"]:
            self.node_folder(node).mkdir(parents=True, exist_ok=True)
            disk.make(node["mount"], options.disk_bytes)
            (self.node_folder(node) / "server.properties").write_text(
                properties(node, self.state, self.folder / "certificates"), encoding="utf-8")
        self.format(kafka, self.state["nodes"][0])
        for node in self.state["nodes"][1:]:
            self.copy_format(self.state["nodes"][0], node)

    def make_certificates(self):
        folder = self.folder / "certificates"
        for words in (["--trust-domain", "kafka.internal", "init"],
                      ["--host", "127.0.0.1", "issue", "kafka/broker"]):
            run = subprocess.run([TOOLS / "certs", "--dir", folder, *words], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if run.returncode != 0:
                raise Failure(f"Kafka's certificates are not made: {run.stdout.strip()}")
        pem = (folder / "kafka-broker.key").read_text(encoding="utf-8") + (
            folder / "kafka-broker.pem").read_text(encoding="utf-8")
        (folder / "node.pem").touch(mode=0o600)
        (folder / "node.pem").write_text(pem, encoding="utf-8")

    def format(self, kafka, node):
        words = ["format", "--cluster-id", self.state["cluster_id"],
                 "--config", self.node_folder(node) / "server.properties"]
        if self.state["secure"]:
            salt = os.urandom(16)
            salted = salted_password(self.state["admin_password"], salt, SCRAM_ITERATIONS)
            words += ["--add-scram", "SCRAM-SHA-256=[name=admin,"
                      f'salt="{base64.b64encode(salt).decode()}",'
                      f'saltedpassword="{base64.b64encode(salted).decode()}",'
                      f"iterations={SCRAM_ITERATIONS}]"]
        run = subprocess.run(kafka.command(heap_mib=128) + ["kafka.tools.StorageTool", *words],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False)
        if run.returncode != 0:
            raise Failure("Kafka's storage cannot be formatted: "
                          + "\n".join(run.stdout.strip().splitlines()[-5:]))

    def copy_format(self, formatted, node):
        """What formatting would make, without another Java: only two names differ."""
        shutil.copytree(formatted["data"], node["data"])
        path = pathlib.Path(node["data"]) / "meta.properties"
        text = re.sub(r"(?m)^node\.id=.*$", f"node.id={node['id']}",
                      path.read_text(encoding="utf-8"))
        path.write_text(re.sub(r"(?m)^directory\.id=.*$", f"directory.id={new_id()}", text),
                        encoding="utf-8")

    # Starting

    def launch(self, node, extra_jvm=()):
        kafka = Kafka(self.state["version"])
        folder = self.node_folder(node)
        # What it has to say from before this start is not this start's.
        node["log_from"] = self.log(node).stat().st_size if self.log(node).exists() else 0
        command = kafka.command(f"-Djava.io.tmpdir={folder}", *extra_jvm,
                                heap_mib=self.state["heap_mib"],
                                quick=not self.state["full_jit"])
        node["process"] = processes.spawn(
            [*command, "kafka.Kafka", folder / "server.properties"], folder, self.log(node))
        self.save()

    def answers(self, node, brokers):
        """Whether the node answers and knows at least so many live brokers."""
        ca = self.folder / "certificates" / "ca.pem" if self.state["secure"] else None
        try:
            with Connection(node["ports"]["client"], ca, timeout_s=2.0) as connection:
                connection.api_versions()
                if self.state["secure"]:
                    connection.log_in("admin", self.state["admin_password"])
                known = connection.brokers()
                return node["id"] in known and len(known) >= brokers
        except (OSError, ProtocolError):
            return False

    def wait(self, nodes, brokers, patience_s):
        deadline = time.monotonic() + patience_s
        waiting = list(nodes)
        while waiting:
            processes.reap()
            for node in waiting:
                if not processes.is_running(node["process"]):
                    self.explain_end(node)
            waiting = [node for node in waiting if not self.answers(node, brokers)]
            if waiting and time.monotonic() > deadline:
                raise Failure(f"node {waiting[0]['id']} does not answer after {patience_s} s; "
                              f"the end of its log:\n{self.last_lines(waiting[0])}")
            if waiting:
                time.sleep(0.05)

    def explain_end(self, node):
        with open(self.log(node), "rb") as log:
            log.seek(node["log_from"])
            said = log.read().decode("utf-8", errors="replace")
        if "Address already in use" in said:
            raise PortTaken()
        raise Failure(f"node {node['id']} ended while it started; the end of its log "
                      f"({self.log(node)}):\n{self.last_lines(node)}")

    def start_new(self, options, extra_jvm=()):
        for attempt in range(1, 4):
            try:
                self.make(options)
                progress(f"starting {options.nodes} node(s) of Kafka {self.state['version']}")
                self.start_nodes(self.state["nodes"], options, extra_jvm)
                return
            except PortTaken:
                progress(f"a port was taken by another process (attempt {attempt})")
                self.remove()
            except BaseException:
                self.end(patience_s=0)
                raise
        raise Failure("the ports chosen were taken by other processes three times: try again")

    def start_nodes(self, nodes, options, extra_jvm=()):
        # Before there is anything that a dying parent could leave behind.
        if options.parent:
            self.watch(options.parent)
        for node in nodes:
            self.launch(node, extra_jvm)
        if options.no_wait:
            return
        awake = len([node for node in self.running()
                     if not processes.is_paused(node["process"][0])])
        # Without a majority of controllers nobody knows who is alive.
        if awake * 2 > len(self.state["nodes"]):
            self.wait(nodes, awake, options.patience)

    def watch(self, parent):
        """Leaves a process behind that ends the nodes when the parent has ended."""
        processes.end([self.state.get("watch")], patience_s=0)
        self.state["watch"] = processes.spawn(
            [TOOLS / "kafka", "watch", "--dir", self.folder, "--parent", str(parent)],
            "/", self.folder / "watch.log")
        self.save()

    # Ending

    def end(self, number=None, patience_s=10.0):
        processes.end([node["process"] for node in self.nodes(number)], patience_s)

    def signal(self, number, signal_number):
        running = self.running(number)
        if not running:
            raise Failure(f"node {number or 1} is not running")
        for node in running:
            processes.send(node["process"], signal_number)
        if signal_number == signal.SIGKILL:
            processes.wait_until_gone([node["process"] for node in running], 30)

    def remove(self):
        """Ends it, if it runs, and takes away all that belongs to it."""
        self.end(patience_s=0)
        watch = self.state.get("watch")
        if watch and watch[0] != os.getpid():
            processes.end([watch], patience_s=0)
        for node in self.state["nodes"]:
            disk.remove(node["mount"])
            shutil.rmtree(self.node_folder(node), ignore_errors=True)
        shutil.rmtree(self.folder / "certificates", ignore_errors=True)
        for name in ("watch.log", STATE):
            (self.folder / name).unlink(missing_ok=True)
        try:
            self.folder.rmdir()
        except OSError:
            pass  # someone else's files are there too
        self.state = None
