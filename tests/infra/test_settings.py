"""Where settings come from, and what is said when they are wrong."""

from pathlib import Path

import pytest

from infra.settings import load_settings
from shared.errors import SetupError


def test_the_defaults_are_a_laptop() -> None:
    settings = load_settings(env={})
    assert settings.profile == "local"
    assert settings.kafka.servers == "127.0.0.1:9092"
    assert settings.cassandra.contact_points == ("127.0.0.1",)
    assert settings.online.port == 8000
    assert settings.home == Path(".marquee").absolute()
    assert settings.artifacts_uri == str(settings.home / "artifacts")


def test_the_environment_wins_over_the_home_file_which_wins_over_the_profile(
    tmp_path: Path,
) -> None:
    (tmp_path / "settings.toml").write_text(
        '[kafka]\npartitions = 12\nport = 1111\n[cassandra]\nhosts = ["a", "b"]\n'
    )
    env = {
        "MARQUEE_HOME": str(tmp_path),
        "MARQUEE_PROFILE": "cluster",
        "MARQUEE_KAFKA__PORT": "2222",
    }
    settings = load_settings(env=env)
    assert settings.kafka.port == 2222
    assert settings.kafka.partitions == 12
    assert settings.kafka.replication == 3
    assert settings.cassandra.hosts == ("a", "b")


def test_text_from_the_environment_becomes_what_the_field_is(tmp_path: Path) -> None:
    env = {
        "MARQUEE_CASSANDRA__HOSTS": "10.0.0.1, 10.0.0.2",
        "MARQUEE_CASSANDRA__REQUEST_TIMEOUT_S": "2",
        "MARQUEE_OFFLINE__TRAINING__USE_GPU": "true",
        "MARQUEE_ONLINE__INGRESS": "haproxy",
        "MARQUEE_ONLINE__PAGE__DEADLINES__QUEUE_MS": "150",
        "MARQUEE_NEARLINE__WORKER__POLL_RECORDS": "50",
    }
    settings = load_settings(env=env)
    assert settings.cassandra.hosts == ("10.0.0.1", "10.0.0.2")
    assert settings.cassandra.request_timeout_s == 2.0
    assert settings.offline.training.use_gpu is True
    assert settings.online.ingress == "haproxy"
    assert settings.online.page.deadlines.queue_ms == 150
    assert settings.nearline.worker.poll_records == 50


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MARQUEE_KAFKA__PORTT", "1", "There is no setting 'kafka.portt'; kafka has "),
        ("MARQUEE_KAFAK__PORT", "1", "There is no setting 'kafak'; the top level has "),
        (
            "MARQUEE_ONLINE__PAGE__DEADLINES__LUNCH_MS",
            "1",
            "There is no setting 'online.page.deadlines.lunch_ms'; online.page.deadlines has ",
        ),
        (
            "MARQUEE_KAFKA__PORT",
            "many",
            "The setting 'kafka.port' must be a whole number, not 'many'.",
        ),
        ("MARQUEE_CASSANDRA__REQUEST_TIMEOUT_S", "soon", "must be a number"),
        ("MARQUEE_OFFLINE__TRAINING__USE_GPU", "perhaps", "must be true or false"),
        ("MARQUEE_ONLINE__INGRESS", "nginx", "must be one of auto, serve, haproxy, not 'nginx'"),
        (
            "MARQUEE_KAFKA",
            "x",
            "The environment variable MARQUEE_KAFKA is not known; settings look like MARQUEE_KAFKA__PORT.",
        ),
        (
            "MARQUEE_PROFILE",
            "moon",
            "There is no settings profile 'moon'; choose one of local, cluster.",
        ),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SetupError) as caught:
        load_settings(env={name: value})
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[kafka]\nport = true\n", "The setting 'kafka.port' must be a whole number, not True."),
        ('[kafka]\nport = "x"\n', "The setting 'kafka.port' must be a whole number"),
        ("kafka = 3\n", "The setting 'kafka' is a section, not a value."),
        ('home = "/x"\n', "'home' is not set in a settings file; use MARQUEE_HOME."),
        ("[kafka\n", "settings.toml cannot be read"),
        ("[cassandra]\nhosts = 3\n", "The setting 'cassandra.hosts' must be a list, not 3."),
    ],
)
def test_a_wrong_settings_file_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(SetupError) as caught:
        load_settings(env={"MARQUEE_HOME": str(tmp_path)})
    assert sentence in str(caught.value)


def test_every_field_of_every_section_says_what_it_is() -> None:
    import ast
    import inspect

    import nearline.settings
    import online.settings
    from infra.settings import sections

    modules = (sections, nearline.settings, online.settings)
    for section in (
        node for module in modules for node in ast.parse(inspect.getsource(module)).body
    ):
        if isinstance(section, ast.ClassDef):
            for field, after in zip(section.body, [*section.body[1:], None], strict=True):
                if isinstance(field, ast.AnnAssign):
                    assert isinstance(after, ast.Expr), f"{section.name}: {ast.unparse(field)}"
