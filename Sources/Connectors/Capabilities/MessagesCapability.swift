import JSON

/// Messages to people.
package enum MessagesCapability {
    package static var operations: [CapabilityOperation] {
        [
            CapabilityOperation(
                capability: "messages", name: "send", version: "1.0.0",
                summary: "Sends a message to people.", effect: .write, arguments: message,
                result: SchemaParts.openObject(["id": SchemaParts.text(1...1000)], required: ["id"]))
        ]
    }

    private static var message: JSONValue {
        SchemaParts.object(
            [
                "to": [
                    "type": "array", "minItems": 1, "maxItems": 100, "items": SchemaParts.text(3...320),
                    "title": "Recipients",
                ],
                "subject": SchemaParts.text(1...400), "text": SchemaParts.text(1...200_000),
                "html": SchemaParts.text(1...400_000), "priority": ["enum": ["low", "normal", "high"]],
            ], required: ["to", "subject", "text"])
    }
}
