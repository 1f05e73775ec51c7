"""Arrow and Spark schemas that are derived from the event structs.

A field that is added to a struct appears in the schemas without further changes. Integers are 64
bits wide, as in msgspec. Spark reads a field that the JSON leaves out as null; `read_body` replaces
it by the struct's default.
"""

from collections.abc import Mapping, Sequence

import msgspec
import pyarrow as pa
from msgspec import inspect
from pyspark.sql import Column
from pyspark.sql import functions as f
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from shared.events.body import Body
from shared.events.registry import EVENT_TYPES

_SCALARS: Mapping[type[inspect.Type], pa.DataType] = {
    inspect.StrType: pa.string(),
    inspect.IntType: pa.int64(),
    inspect.FloatType: pa.float64(),
    inspect.BoolType: pa.bool_(),
    inspect.BytesType: pa.binary(),
    inspect.RawType: pa.string(),
}
_LITERALS: Mapping[type, pa.DataType] = {str: pa.string(), int: pa.int64()}


def spark_schema(schema: pa.Schema) -> StructType:
    """Return the Spark schema of an Arrow schema."""
    return from_arrow_schema(schema)


def ddl(schema: pa.Schema) -> str:
    """Return the columns of an Arrow schema in Spark SQL: `name type, name type`."""
    columns = spark_schema(schema).fields
    return ", ".join(f"{column.name} {column.dataType.simpleString()}" for column in columns)


def struct_fields(struct: type[msgspec.Struct]) -> dict[str, pa.DataType]:
    """Return the Arrow type of each field of a struct by the field's name in JSON.

    Raises:
        TypeError: a field's type has no column type.
    """
    described = inspect.type_info(struct)
    if not isinstance(described, inspect.StructType):
        raise TypeError(f"{struct.__name__} is not a struct")
    return {field.encode_name: arrow_type(field.type) for field in described.fields}


def body_schema(bodies: Sequence[type[Body]]) -> pa.Schema:
    """Return one column `body`: a struct of the fields of all given event bodies.

    Raises:
        TypeError: two bodies give one field different types, or a type has no column type.
    """
    fields: dict[str, pa.DataType] = {}
    for body in bodies:
        for name, arrow in struct_fields(body).items():
            if fields.setdefault(name, arrow) != arrow:
                raise TypeError(
                    f"{body.type} has {name} as {arrow}, another event has it as {fields[name]}"
                )
    return pa.schema([("body", pa.struct(list(fields.items())))])


def parsed_body(bodies: Sequence[type[Body]]) -> Column:
    """Return the expression that parses the lake's `value` column into a struct of the bodies.

    A row of another event type gets the fields that it shares with them by name; the rest is null.
    """
    json = f.col("value").cast("string")
    return f.from_json(json, spark_schema(body_schema(bodies)))["body"]


def read_body(event_type: str, fields: Mapping[str, object]) -> Body:
    """Return the body of an event from a row that Spark parsed.

    It equals the body that msgspec decodes from the same JSON, for the parsed fields. A field that
    is null or missing has the struct's default.

    Raises:
        KeyError: no event has this type.
        msgspec.ValidationError: a field without a default is null or missing.
    """
    return msgspec.convert(_without_nulls(fields), EVENT_TYPES[event_type])


def arrow_type(described: inspect.Type) -> pa.DataType:
    """Return the Arrow type of a msgspec type; None is a null.

    Raises:
        TypeError: the type has no column type.
    """
    scalar = _SCALARS.get(type(described))
    if scalar is not None:
        return scalar
    match described:
        case inspect.LiteralType(values=values):
            return _only_one({_LITERALS[type(value)] for value in values}, described)
        case inspect.UnionType(types=types):
            members = [kind for kind in types if not isinstance(kind, inspect.NoneType)]
            return _only_one({arrow_type(member) for member in members}, described)
        case inspect.CollectionType(item_type=item_type):
            return pa.list_(arrow_type(item_type))
        case inspect.TupleType(item_types=item_types):
            return pa.list_(_only_one({arrow_type(item) for item in item_types}, described))
        case inspect.StructType(cls=struct):
            return pa.struct(list(struct_fields(struct).items()))
    raise TypeError(f"{described} has no column type")


def _only_one(types: set[pa.DataType], described: inspect.Type) -> pa.DataType:
    if len(types) != 1:
        raise TypeError(f"{described} mixes types, which a column cannot hold")
    return types.pop()


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    # Lists of plain values, the usual case, are not copied.
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_without_nulls(part) for part in value]
    return value
