import HTTPTypes
package import JSON
import Primitives
import Tenancy

/// The OpenAPI 3.1 document, written from the operation table.
package struct OpenAPIDocument {
    package let value: JSONValue

    /// - Parameter title: the product's name under the brand of the reader.
    package init(table: OperationTable, title: String, version: String) {
        var paths: JSONObject = [:]
        for operation in table.operations {
            var item = paths[operation.path]?.objectValue ?? [:]
            item[operation.method.rawValue.lowercased()] = Self.item(operation)
            paths[operation.path] = .object(item)
        }
        value = [
            "openapi": "3.1.0",
            "info": ["title": .string(title + " API"), "version": .string(version)],
            "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
            "security": [["apiKey": []]],
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "apiKey": ["type": "http", "scheme": "bearer", "description": "An API key, mw_…"]
                ],
                "schemas": ["Problem": Self.problemSchema],
                "responses": [
                    "Problem": [
                        "description": "What is wrong, with a stable code (RFC 9457).",
                        "content": [
                            "application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]
                        ],
                    ]
                ],
            ],
        ]
    }

    private static func item(_ operation: Operation) -> JSONValue {
        var item: JSONObject = [
            "operationId": .string(operation.id),
            "summary": .string(operation.summary),
            "tags": [.string(operation.tag)],
            "parameters": .array(parameters(operation)),
            "responses": .object(responses(operation)),
        ]
        switch operation.access {
        case .open: item["security"] = []
        case .authenticated: break
        case .permission(let permission, let source):
            item["x-permission"] = .string(permission.rawValue)
            item["x-scope"] = .string(source.rawValue)
        }
        if let body = operation.body {
            var content: JSONObject = [:]
            for type in body.contentTypes { content[type] = ["schema": body.schema] }
            item["requestBody"] = ["required": true, "content": .object(content)]
        }
        return .object(item)
    }

    private static func parameters(_ operation: Operation) -> [JSONValue] {
        var list: [JSONValue] = operation.pathParameters.map { name in
            ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string", "format": "uuid"]]
        }
        for parameter in operation.query {
            list.append([
                "name": .string(parameter.name), "in": "query", "required": .bool(parameter.isRequired),
                "description": .string(parameter.summary), "schema": parameter.schema,
            ])
        }
        if operation.method == .post, operation.access != .open {
            list.append([
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "A repeated request with the same key gets the first answer and does nothing.",
                "schema": ["type": "string", "minLength": 1, "maxLength": .number(JSONNumber(255))],
            ])
        }
        if operation.changesState {
            list.append([
                "name": "X-Audit-Reason", "in": "header", "required": false,
                "description": "Why, for the audit, where the operation has no field for it.",
                "schema": [
                    "type": "string", "minLength": 1, "maxLength": .number(JSONNumber(AuditReason.maximumBytes)),
                ],
            ])
        }
        if operation.requiresVersion {
            list.append([
                "name": "If-Match", "in": "header", "required": true,
                "description": "The ETag of the state that is changed.", "schema": ["type": "string"],
            ])
        }
        return list
    }

    private static func responses(_ operation: Operation) -> JSONObject {
        var success: JSONObject = ["description": .string(operation.success.summary)]
        if let schema = operation.success.schema {
            success["content"] = .object([operation.success.contentType: ["schema": schema]])
        } else if operation.success.contentType != "application/json" {
            success["content"] = .object([operation.success.contentType: .object([:])])
        }
        return [
            String(operation.success.status.code): .object(success),
            "default": ["$ref": "#/components/responses/Problem"],
        ]
    }

    private static let problemSchema: JSONValue = [
        "type": "object",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": [
            "type": ["type": "string"], "title": ["type": "string"], "status": ["type": "integer"],
            "code": ["type": "string", "enum": .array(Problem.Code.allCases.map { .string($0.rawValue) })],
            "detail": ["type": "string"], "instance": ["type": "string"],
            "errors": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["path", "message"],
                    "properties": ["path": ["type": "string"], "message": ["type": "string"]],
                ],
            ],
        ],
    ]
}
