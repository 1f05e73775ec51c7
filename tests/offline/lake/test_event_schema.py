"""Schemas follow from the event structs, and Spark reads an event as msgspec does."""

import json
from importlib.resources import files
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import ArrayType, DataType, StructType

from offline.lake.event_schema import (
    arrow_type,
    body_schema,
    parsed_body,
    read_body,
    spark_schema,
    struct_fields,
)
from offline.lake.schema import ARROW_SCHEMA, TABLE
from offline.lake.table import append, ensure_table, marker_frame, table_at
from shared.catalog.titles import Artwork, Episode, Title, Window
from shared.events.accept import accept
from shared.events.body import Body
from shared.events.catalog import TitlePublished
from shared.events.envelope import Envelope, Origin
from shared.events.exposures import Draw, PageServed, ServedRow, ServedTile
from shared.events.feedback import Rating, Thumb
from shared.events.plays import PlayProgress, PlayStarted
from shared.events.profiles import ProfileFacts, SurveyAnswer
from shared.events.registry import EVENT_TYPES
from shared.ids import EpisodeId, PageId, TitleId
from tests.offline.events import NOW, event, film

SCHEMAS = files("shared.events").joinpath("schemas")
SCALARS = {"string": "string", "integer": "bigint", "number": "double", "boolean": "boolean"}


def published_shape(schema: dict[str, Any], definitions: dict[str, Any]) -> object:
    """A type in a published JSON Schema: a Spark scalar, [items], or {field: type}."""
    if "$ref" in schema:
        return published_shape(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "anyOf" in schema:
        (option,) = (option for option in schema["anyOf"] if option.get("type") != "null")
        return published_shape(option, definitions)
    if "enum" in schema:
        return "string" if isinstance(schema["enum"][0], str) else "bigint"
    if schema["type"] == "object":
        parts = schema["properties"].items()
        return {name: published_shape(part, definitions) for name, part in parts}
    if schema["type"] == "array":
        items = schema["prefixItems"][0] if "prefixItems" in schema else schema["items"]
        return [published_shape(items, definitions)]
    return SCALARS[schema["type"]]


def spark_shape(data_type: DataType) -> object:
    """The same for a Spark type."""
    if isinstance(data_type, StructType):
        return {field.name: spark_shape(field.dataType) for field in data_type.fields}
    if isinstance(data_type, ArrayType):
        return [spark_shape(data_type.elementType)]
    return data_type.simpleString()


def spark_fields(*bodies: type[Body]) -> dict[str, str]:
    column = spark_schema(body_schema(bodies))["body"].dataType
    assert isinstance(column, StructType)
    return {field.name: field.dataType.simpleString() for field in column.fields}


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_field_has_the_type_that_its_published_schema_names(name: str) -> None:
    schema = json.loads(SCHEMAS.joinpath(f"{name}.json").read_text())
    body = spark_schema(body_schema((EVENT_TYPES[name],)))["body"].dataType
    published = published_shape(schema["properties"]["body"], schema["$defs"])
    assert spark_shape(body) == published


def test_an_added_field_appears_in_the_schema() -> None:
    class LongPlay(PlayStarted, frozen=True, kw_only=True):
        bitrates: tuple[float, ...] = ()

    assert spark_fields(LongPlay)["bitrates"] == "array<double>"


def test_bodies_share_fields_of_equal_names() -> None:
    assert list(spark_fields(Thumb, Rating)) == ["title_id", "value", "stars"]


def test_two_types_for_one_field_are_refused() -> None:
    class TextThumb(Body, frozen=True):
        value: str

    TextThumb.type = "feedback.text"
    with pytest.raises(TypeError, match=r"feedback.text has value as string"):
        body_schema((Thumb, TextThumb))


def test_a_type_without_a_column_type_is_refused() -> None:
    with pytest.raises(TypeError, match="mixes types"):
        arrow_type(msgspec.inspect.type_info(int | str))
    with pytest.raises(TypeError, match="no column type"):
        arrow_type(msgspec.inspect.type_info(dict[str, int]))


def test_the_lake_has_a_column_for_every_field_of_the_envelope() -> None:
    columns = {field.name: field.type for field in ARROW_SCHEMA}
    for name, arrow in struct_fields(Envelope).items():
        if name not in ("body", "origin"):
            assert columns[name] == arrow
    for name, arrow in struct_fields(Origin).items():
        assert columns[f"origin_{name}"] == arrow


REAL = Title(
    title_id=TitleId("s"),
    name="S",
    kind="series",
    genres=("Drama", "Crime"),
    runtime_s=1800,
    launch_ms=NOW,
    windows=(Window("SE", 0, NOW), Window("*", NOW)),
    episodes=(Episode(EpisodeId("e1"), 1, 1, 1700, NOW, name="Pilot"),),
    artworks=(Artwork("a1", theme="dark"), Artwork("a2")),
)
BODIES: list[Body] = [
    PlayStarted(title_id=TitleId("t"), runtime_s=60),
    PlayProgress(
        title_id=TitleId("t"),
        runtime_s=6000,
        position_s=300,
        episode_id=EpisodeId("e"),
        watched=((0, 60), (120, 300)),
    ),
    Thumb(title_id=TitleId("t"), value=-1),
    Rating(title_id=TitleId("t"), stars=4.5),
    ProfileFacts(maturity_ceiling=12, country="SE", languages=("sv", "en")),
    SurveyAnswer(title_id=TitleId("t"), satisfaction=4),
    PageServed(
        page_id=PageId("p"),
        policy="greedy",
        rows=(
            ServedRow("k", "s", "v", (ServedTile(TitleId("t"), 0.25), ServedTile(TitleId("u")))),
        ),
        draws=(Draw(0, 1, "d", (TitleId("t"),)),),
    ),
    TitlePublished(title=REAL),
    TitlePublished(title=film("f")),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_spark_reads_an_event_as_msgspec_does(spark: SparkSession, body: Body) -> None:
    values = pa.table({"value": [event(body, "e1", NOW)]})
    rows = spark.createDataFrame(values).select(parsed_body((type(body),)).alias("body"))
    (row,) = rows.toArrow().to_pylist()
    assert read_body(body.type, row["body"]) == body


# Valid JSON that a foreign producer may write.
UNUSUAL = [
    b'{"title_id":"t","runtime_s":60,"title_id":"u"}',
    b'{"title_id":"\\u0000x","runtime_s":60}',
    b'{"title_id":"\\ud83d\\ude00","runtime_s":60}',
    b'{"title_id":"t","runtime_s":60,"episode_id":null,"extra":{"a":[1,{"b":null}]}}',
    b'{"title_id":"t","runtime_s":60,"watched":[],"extra":1e400}',
    b' {"title_id" : "t", "runtime_s":60,"Title_ID":"q"}\n',
]


def test_spark_reads_unusual_json_as_msgspec_does(spark: SparkSession) -> None:
    template = event(PlayStarted(title_id=TitleId("t"), runtime_s=60), "e1", NOW)
    body = msgspec.json.encode(PlayStarted(title_id=TitleId("t"), runtime_s=60))
    events = [template.replace(body, unusual) for unusual in UNUSUAL]
    rows = spark.createDataFrame(pa.table({"value": events})).select(
        parsed_body((PlayStarted,)).alias("body")
    )
    bodies = [read_body(PlayStarted.type, row["body"]) for row in rows.toArrow().to_pylist()]
    assert bodies == [accept(value, NOW).body for value in events]


def test_a_new_column_is_added_to_an_existing_table(lake: SparkSession) -> None:
    ensure_table(lake)
    lake.sql(f"ALTER TABLE {TABLE} DROP COLUMN visit_id")
    ensure_table(lake)
    append([marker_frame(lake, [])])
    assert "visit_id" in table_at(lake).columns
