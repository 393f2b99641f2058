"""Users of a secure Kafka and what each role may do.

docs/operations/kafka.md has the same rules as kafka-acls commands, for a cluster that
others run; a test holds them to be enough and no more.
"""

import os
import secrets

from cluster import SCRAM_ITERATIONS
from errors import USAGE, Failure
from wire import Connection, ProtocolError, salted_password

# Kafka's numbers.
TOPIC, GROUP, TRANSACTIONAL_ID = 2, 3, 5
LITERAL, PREFIXED = 3, 4
READ, WRITE, CREATE, DESCRIBE, DESCRIBE_CONFIGS = 3, 4, 5, 8, 10

LOOK = (DESCRIBE, DESCRIBE_CONFIGS)
OWN = (READ, WRITE, CREATE, *LOOK)


def adapter_rules(department, prefix):
    # A name ends in a dot where it is a prefix: of civil-affairs, civil is one too.
    return [
        (TOPIC, f"{prefix}records.{department}.", PREFIXED, OWN),
        (TOPIC, f"{prefix}quarantine.{department}.", PREFIXED, OWN),
        (TOPIC, f"{prefix}positions.{department}", LITERAL, OWN),
        (TOPIC, f"{prefix}registry", LITERAL, (READ, WRITE, *LOOK)),
        (TRANSACTIONAL_ID, f"{prefix}adapter.{department}", LITERAL, (WRITE, DESCRIBE)),
    ]


def broker_rules(prefix):
    return [
        (TOPIC, f"{prefix}records.", PREFIXED, (READ, *LOOK)),
        (TOPIC, f"{prefix}registry", LITERAL, OWN),
        (TOPIC, f"{prefix}audit", LITERAL, OWN),
        (GROUP, f"{prefix}sluice.", PREFIXED, (READ, DESCRIBE)),
        (TRANSACTIONAL_ID, f"{prefix}registry.", PREFIXED, (WRITE, DESCRIBE)),
        (TRANSACTIONAL_ID, f"{prefix}broker.", PREFIXED, (WRITE, DESCRIBE)),
    ]


def client_settings(cluster, user=None, password=None):
    """librdkafka's settings for a client; the super user's without a user."""
    settings = {"bootstrap.servers": cluster.bootstrap()}
    if cluster.state["secure"]:
        settings.update({
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(cluster.folder / "certificates" / "ca.pem"),
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.username": user or "admin",
            "sasl.password": password or cluster.state["admin_password"],
        })
    return settings


def connect(cluster):
    running = cluster.running()
    if not running:
        raise Failure(f"no node runs in {cluster.folder}: tools/kafka start --dir "
                      f"{cluster.folder}")
    connection = Connection(running[0]["ports"]["client"],
                            cluster.folder / "certificates" / "ca.pem", timeout_s=30.0)
    connection.log_in("admin", cluster.state["admin_password"])
    return connection


def grant(cluster, role, user, department, prefix):
    """Makes the user, or gives it a new password, and its rules; returns its settings."""
    cluster.must_exist()
    if not cluster.state["secure"]:
        raise Failure(f"the Kafka in {cluster.folder} asks nobody for a password: start one "
                      "with --secure")
    if (role == "adapter") != bool(department):
        raise Failure("an adapter has a --department, a broker has none", USAGE)
    rules = adapter_rules(department, prefix) if role == "adapter" else broker_rules(prefix)
    password = secrets.token_hex(16)
    salt = os.urandom(16)
    try:
        with connect(cluster) as connection:
            connection.set_password(user, salt, SCRAM_ITERATIONS,
                                    salted_password(password, salt, SCRAM_ITERATIONS))
            connection.create_acls([
                (resource, name, pattern, f"User:{user}", operation)
                for resource, name, pattern, operations in rules
                for operation in operations])
    except (OSError, ProtocolError) as error:
        raise Failure(f"granting {user} its access failed: {error}") from error
    return client_settings(cluster, user, password)
