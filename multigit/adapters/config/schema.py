"""The JSON Schema of `multigit.toml`, for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from multigit.adapters.config.sections import Configuration

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core.core_schema import NullableSchema, WithDefaultSchema


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `multigit.toml`."""
    generated = Configuration.model_json_schema(schema_generator=_TomlSchema)
    return {"$schema": _TomlSchema.schema_dialect, **generated}


class _TomlSchema(GenerateJsonSchema):
    """TOML has no null, and an empty text only stands for another default."""

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") in {"", None}:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def nullable_schema(self, schema: NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])
