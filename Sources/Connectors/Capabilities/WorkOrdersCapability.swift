import JSON

/// Maintenance work in a CMMS or ERP.
package enum WorkOrdersCapability {
    package static var operations: [CapabilityOperation] {
        [
            CapabilityOperation(
                capability: "work-orders", name: "create", version: "1.0.0",
                summary: "Opens a work order.", effect: .write, arguments: newWorkOrder, result: workOrder,
                // `reference` names the work order for whoever asked for it, so that it can be found without its number.
                lookUp: CapabilityLookUp(
                    operation: "find", arguments: "{reference: (.arguments.reference // .idempotencyKey)}",
                    result: ".found.items[0]")),
            CapabilityOperation(
                capability: "work-orders", name: "get", version: "1.0.0",
                summary: "Reads a work order.", effect: .read, arguments: identity, result: workOrder),
            CapabilityOperation(
                capability: "work-orders", name: "update", version: "1.0.0",
                summary: "Changes status or priority of a work order, or adds a comment.", effect: .write,
                arguments: change, result: workOrder),
            CapabilityOperation(
                capability: "work-orders", name: "find", version: "1.0.0",
                summary: "Finds the work orders with a reference.", effect: .read,
                arguments: SchemaParts.object(["reference": SchemaParts.text(1...200)], required: ["reference"]),
                result: SchemaParts.openObject(
                    ["items": ["type": "array", "maxItems": 1000, "items": workOrder]], required: ["items"])),
        ]
    }

    private static var identity: JSONValue { SchemaParts.object(["id": SchemaParts.text(1...200)], required: ["id"]) }

    private static var priority: JSONValue {
        ["type": "integer", "minimum": 1, "maximum": 5, "title": "Priority", "description": "1 is the most urgent."]
    }

    private static var newWorkOrder: JSONValue {
        SchemaParts.object(
            [
                "title": SchemaParts.text(1...200), "description": SchemaParts.text(0...8000),
                "asset": SchemaParts.text(0...200), "priority": priority, "craft": SchemaParts.text(0...100),
                "type": SchemaParts.text(0...100), "requestedBy": SchemaParts.text(0...200),
                "dueAt": ["type": "string", "format": "date-time"],
                "costEstimate": ["type": "number", "minimum": 0],
                "reference": SchemaParts.text(1...200),
            ], required: ["title", "priority"])
    }

    private static var change: JSONValue {
        SchemaParts.object(
            [
                "id": SchemaParts.text(1...200), "status": SchemaParts.text(1...100), "priority": priority,
                "comment": SchemaParts.text(1...8000),
            ], required: ["id"])
    }

    private static var workOrder: JSONValue {
        SchemaParts.openObject(
            [
                "id": SchemaParts.text(1...200), "number": SchemaParts.text(1...200),
                "status": SchemaParts.text(1...100), "url": SchemaParts.text(0...2000),
            ], required: ["id", "number", "status"])
    }
}
