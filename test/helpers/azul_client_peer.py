"""Asks a server with azul-client as it is on PyPI, for api-azul-client.test.ts. Argument: base address of the server.

Standard input: JSON lines {"method": "<api>.<name>", "args": [...], "kwargs": {...}, "exclude": [labels]}, or {"list": true}. Standard output,
a line each: {"value": <result>, "meta": <envelope's meta>}, {"error": <class>, "message": <text>}, or for "list" {"value": [all "<api>.<name>"]}.
Arguments that are objects of the client's libraries are written {"$model": <name>, "fields": {...}} and {"$options": {...}}.
"""

import dataclasses
import inspect
import json
import sys

import pendulum
from azul_bedrock import models_restapi
from azul_client import Api, Config
from azul_client.api.binaries_meta import BinariesMeta, FindOptions
from pydantic import BaseModel

OF_ALL = {name for name, _ in inspect.getmembers(Api.__mro__[1])} | {"get_meta_from_last_request", "filter_none_values"}


def argument(value):
    if isinstance(value, list):
        return [argument(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$model" in value:
        model = getattr(models_restapi, value["$model"])
        return model(value["fields"]) if isinstance(value["fields"], str) else model(**value["fields"])
    if "$options" in value:
        options = value["$options"]
        return FindOptions(**{key: pendulum.parse(item) if "timestamp" in key else item for key, item in options.items()})
    return value


def plain(value):
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, BinariesMeta.FindAll):
        return {"approx_total": value.approx_total, "items": [plain(item) for item in value]}
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    return value


def methods(api):
    """What a program may call, by the name of the part of the client that has it."""
    parts = [name for name, value in vars(api).items() if hasattr(value, "get_meta_from_last_request")]
    return sorted(
        f"{part}.{name}"
        for part in parts
        for name, _ in inspect.getmembers(getattr(api, part), inspect.ismethod)
        if not name.startswith("_") and name not in OF_ALL
    )


def answer(api, request):
    if request.get("list"):
        return {"value": methods(api)}
    part, name = request["method"].split(".")
    api.set_excluded_security(request.get("exclude", []))
    implementation = getattr(api, part)
    try:
        kwargs = {key: argument(value) for key, value in request.get("kwargs", {}).items()}
        value = plain(getattr(implementation, name)(*argument(request.get("args", [])), **kwargs))
    except Exception as error:  # whatever it is: the test says what it expects
        return {"error": type(error).__name__, "message": str(error)}
    return {"value": value, "meta": plain(implementation.get_meta_from_last_request())}


api = Api(Config(azul_url=sys.argv[1], auth_type="none"))
for line in sys.stdin:
    print(json.dumps(answer(api, json.loads(line))), flush=True)
