"""The OpenAPI description of the Open311 server, made of what the city has: for makers of clients and for fuzzing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.open311.context import Open311
from dashboard.open311.filing import FIELDS, MOST_DESCRIPTION, MOST_KEY
from dashboard.open311.finding import MOST_PAGES, MOST_RECORDS

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MAYBE: Schema = {"type": ["string", "null"]}
TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
DEGREES: Schema = {"type": ["number", "null"]}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9_-]+$"}
REQUEST_FIELDS: dict[str, Schema] = {
    "service_request_id": TEXT,
    "status": {"type": "string", "enum": ["open", "closed"]},
    "status_notes": MAYBE,
    "service_name": TEXT,
    "service_code": TEXT,
    "description": MAYBE,
    "agency_responsible": MAYBE,
    "service_notice": MAYBE,
    "requested_datetime": TIME,
    "updated_datetime": TIME,
    "expected_datetime": TIME,
    "address": MAYBE,
    "address_id": MAYBE,
    "zipcode": MAYBE,
    "lat": DEGREES,
    "long": DEGREES,
    "media_url": MAYBE,
}
SCHEMAS: dict[str, Schema] = {
    "Errors": {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "required": ["code", "description"],
            "properties": {"code": {"type": "integer"}, "description": TEXT},
        },
    },
    "Service": {
        "type": "object",
        "required": ["service_code", "service_name", "metadata", "type"],
        "properties": {
            "service_code": TEXT,
            "service_name": TEXT,
            "description": MAYBE,
            "metadata": {"type": "boolean"},
            "type": {"type": "string", "enum": ["realtime"]},
            "keywords": TEXT,
            "group": MAYBE,
        },
    },
    "ServiceDefinition": {
        "type": "object",
        "required": ["service_code", "attributes"],
        "properties": {"service_code": TEXT, "attributes": {"type": "array", "items": {"type": "object"}}},
    },
    "Request": {
        "type": "object",
        "required": list(REQUEST_FIELDS),
        "properties": REQUEST_FIELDS,
        "additionalProperties": False,
    },
    "Filed": {
        "type": "object",
        "required": ["service_request_id"],
        "properties": {"service_request_id": TEXT, "service_notice": MAYBE, "account_id": MAYBE},
    },
    "Token": {
        "type": "object",
        "required": ["service_request_id", "token"],
        "properties": {"service_request_id": TEXT, "token": TEXT},
    },
}
# Of the standard's errors, and those of any server; all have the same body.
ERRORS = {
    "400": "not understood; the description says what would be",
    "403": "the key is missing, not known, or its role may not",
    "404": "no such service, request, token or jurisdiction",
    "429": "too often; come back after Retry-After seconds",
    "503": "not now; nothing was taken, come back after Retry-After seconds",
}
FILING_ERRORS = {
    "409": "the idempotency key was used for another report, or the city is a replay",
    "413": "too large",
    "415": "not a form",
}


def description(server: Open311) -> dict[str, Any]:
    """The whole of it, OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Open311 GeoReport v2 of {server.city.name()}",
            "version": "2",
            "description": "The standard with updated_after, pages and idempotency keys; see docs/open311.md.",
        },
        "servers": [{"url": "/open311/v2"}],
        "paths": _paths(server),
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
        },
    }


def _paths(server: Open311) -> dict[str, Any]:
    codes = {"type": "string", "enum": list(server.services.all())}
    common = [_parameter("jurisdiction_id", {"type": "string", "enum": sorted(server.jurisdictions)}), LOCALE]
    listed: list[Schema] = [*common, *_filters(codes)]
    return {
        "/services.json": {"get": _operation("listServices", "Which services there are", common, _list_of("Service"))},
        "/services/{service_code}.json": {
            "get": _operation(
                "defineService",
                "What is asked with a request of a service",
                [_parameter("service_code", codes, "path"), *common],
                _ref("ServiceDefinition"),
            )
        },
        "/requests.json": {
            "get": _operation("listRequests", "Requests, newest first", listed, _list_of("Request")),
            "post": _filing(common, codes),
        },
        "/requests/{service_request_id}.json": {
            "get": _operation(
                "readRequest",
                "One request",
                [_parameter("service_request_id", ID, "path"), *common],
                _list_of("Request"),
            )
        },
        "/tokens/{token}.json": {
            "get": _operation(
                "readToken", "The number behind a token", [_parameter("token", ID, "path"), *common], _list_of("Token")
            )
        },
    }


LOCALE: Schema = {"name": "locale", "in": "query", "schema": {"type": "string", "pattern": "^[a-z]{2}(-[A-Z]{2})?$"}}


def _filters(codes: Schema) -> list[Schema]:
    several: Schema = {"type": "array", "items": codes, "maxItems": 50}
    ids: Schema = {"type": "array", "items": ID, "maxItems": 50}
    instant: Schema = {"type": "string", "format": "date-time"}
    pages: Schema = {"type": "integer", "minimum": 1, "maximum": MOST_PAGES}
    sizes: Schema = {"type": "integer", "minimum": 1, "maximum": MOST_RECORDS}
    return [
        _parameter("service_request_id", ids) | {"style": "form", "explode": False},
        _parameter("service_code", several) | {"style": "form", "explode": False},
        _parameter("status", {"type": "string", "enum": ["open", "closed", "open,closed"]}),
        *(_parameter(name, instant) for name in ("start_date", "end_date", "updated_after", "updated_before")),
        _parameter("page", pages),
        _parameter("page_size", sizes),
    ]


def _filing(common: list[Schema], codes: Schema) -> dict[str, Any]:
    posted = _operation("fileRequest", "File a request", common, _list_of("Filed"), ERRORS | FILING_ERRORS)
    answers = {"201": posted["responses"]["200"], **posted["responses"]}
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": MOST_KEY}}
    form = {"application/x-www-form-urlencoded": {"schema": _form(codes)}}
    return posted | {
        "security": [{"key": []}],
        "parameters": [*common, key],
        "requestBody": {"required": True, "content": form},
        "responses": answers,
    }


def _form(codes: Schema) -> Schema:
    """Only what the standard names; attributes come besides, as `attribute[CODE]`."""
    texts = {name: {"type": "string", "maxLength": most} for name, most in FIELDS.items() if name != "address_id"}
    return {
        "type": "object",
        "required": ["service_code"],
        "anyOf": [{"required": ["lat", "long"]}, {"required": ["address_string"]}, {"required": ["address_id"]}],
        "properties": {
            "service_code": codes,
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
            "long": {"type": "number", "minimum": -180, "maximum": 180},
            **texts,
            "address_id": {"type": "string", "maxLength": FIELDS["address_id"]},
            "description": {"type": "string", "maxLength": MOST_DESCRIPTION},
            "media_url": {"type": "string", "format": "uri"},
            "device_id": TEXT,
            "account_id": TEXT,
        },
    }


def _operation(
    name: str, summary: str, parameters: list[Schema], found: Schema, errors: Mapping[str, str] = ERRORS
) -> dict[str, Any]:
    wrong = {code: {"description": text, "content": _json(_ref("Errors"))} for code, text in errors.items()}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {"200": {"description": "as the standard says", "content": _json(found)}, **wrong},
    }


def _parameter(name: str, schema: Schema, where: str = "query") -> Schema:
    return {"name": name, "in": where, "schema": schema} | ({"required": True} if where == "path" else {})


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}
