"""Reads and writes Avro records with fastavro, for avro-independent.test.ts.

Standard input: JSON lines {"schema": <Avro schema>, "record": <hex>}. Standard output, a line each:
{"value": <decoded>, "record": <hex, written again by fastavro>}; integers are decimal strings, bytes and doubles hex.
"""

import io
import json
import struct
import sys

import fastavro


def strip(schema):
    """The schema without logical types: fastavro would make datetimes of the times."""
    if isinstance(schema, dict):
        return {key: strip(value) for key, value in schema.items() if key != "logicalType"}
    return [strip(item) for item in schema] if isinstance(schema, list) else schema


def plain(value):
    if isinstance(value, bool) or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return struct.pack("<d", value).hex()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value]


schemas = {}
for line in sys.stdin:
    request = json.loads(line)
    text = json.dumps(request["schema"])
    if text not in schemas:
        schemas[text] = fastavro.parse_schema(strip(request["schema"]))
    stream = io.BytesIO(bytes.fromhex(request["record"]))
    value = fastavro.schemaless_reader(stream, schemas[text])
    assert stream.read() == b"", "bytes are left over"
    written = io.BytesIO()
    fastavro.schemaless_writer(written, schemas[text], value)
    print(json.dumps({"value": plain(value), "record": written.getvalue().hex()}))
