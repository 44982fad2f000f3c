import JSON

/// Material lots and their quality status, in an ERP, MES or LIMS.
package enum LotsCapability {
    package static var operations: [CapabilityOperation] {
        [
            CapabilityOperation(
                capability: "lots", name: "get", version: "1.0.0",
                summary: "Reads a lot.", effect: .read,
                arguments: SchemaParts.object(["lot": lotNumber], required: ["lot"]), result: lot),
            CapabilityOperation(
                capability: "lots", name: "hold", version: "1.0.0",
                summary: "Stops a lot from being used or shipped.", effect: .write, arguments: reasoned, result: lot),
            CapabilityOperation(
                capability: "lots", name: "release", version: "1.0.0",
                summary: "Frees a lot that was held.", effect: .write, arguments: reasoned, result: lot),
            CapabilityOperation(
                capability: "lots", name: "set-disposition", version: "1.0.0",
                summary: "Records what is to be done with a lot.", effect: .write, arguments: disposition, result: lot),
        ]
    }

    private static var lotNumber: JSONValue { SchemaParts.text(1...100) }

    private static var reasoned: JSONValue {
        SchemaParts.object(["lot": lotNumber, "reason": SchemaParts.text(1...4000)], required: ["lot", "reason"])
    }

    private static var disposition: JSONValue {
        SchemaParts.object(
            [
                "lot": lotNumber, "disposition": ["enum": ["use-as-is", "rework", "scrap"]],
                "reason": SchemaParts.text(1...4000),
            ], required: ["lot", "disposition", "reason"])
    }

    private static var lot: JSONValue {
        SchemaParts.openObject(
            [
                "lot": lotNumber, "status": SchemaParts.text(1...100), "quantity": ["type": "number"],
                "material": SchemaParts.text(0...200),
            ], required: ["lot", "status"])
    }
}
