package import JSON
import Synchronization

/// The capabilities that exist. Lint asks it whether a call is right, the runner checks arguments and results with it.
package struct CapabilityTable: Sendable {
    private let operations: [String: CapabilityOperation]
    /// `work-orders`, `lots`, `messages`.
    package let names: [String]
    private let compiled: CompiledSchemas

    package init(_ operations: [CapabilityOperation]) {
        var names: [String] = []
        for operation in operations where !names.contains(operation.capability) { names.append(operation.capability) }
        self.names = names
        self.operations = [String: CapabilityOperation](
            operations.map { ($0.qualifiedName, $0) }, uniquingKeysWith: { first, _ in first })
        compiled = CompiledSchemas()
    }

    package static let standard = CapabilityTable(
        WorkOrdersCapability.operations + LotsCapability.operations + MessagesCapability.operations)

    /// `work-orders.create`, sorted.
    package var operationNames: [String] { operations.keys.sorted() }

    package var all: [CapabilityOperation] { operationNames.compactMap { operations[$0] } }

    package func operation(named qualifiedName: String) -> CapabilityOperation? { operations[qualifiedName] }

    /// The operation that a definition calls: `work-orders.create:1.0.0@default`.
    package func operation(function: String) -> CapabilityOperation? {
        guard let reference = FunctionReference(function), reference.catalog == "default" else { return nil }
        guard let operation = operations[reference.name], operation.version == reference.version else { return nil }
        return operation
    }

    /// What is wrong with the arguments of a call; empty when nothing is.
    package func violations(ofArguments arguments: JSONValue, for operation: CapabilityOperation)
        -> [JSONSchemaViolation]
    {
        compiled.schema(operation.qualifiedName + "/arguments", operation.arguments).validate(arguments)
    }

    /// What is wrong with a connector's result; empty when nothing is.
    package func violations(ofResult result: JSONValue, for operation: CapabilityOperation) -> [JSONSchemaViolation] {
        compiled.schema(operation.qualifiedName + "/result", operation.result).validate(result)
    }
}

/// A function of a catalog: `name:version@catalog`.
package struct FunctionReference: Sendable, Hashable {
    package var name: String
    package var version: String
    package var catalog: String

    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let at = text.lastIndex(of: "@"), colon < at else { return nil }
        name = String(text[..<colon])
        version = String(text[text.index(after: colon)..<at])
        catalog = String(text[text.index(after: at)...])
        guard !name.isEmpty, !version.isEmpty, !catalog.isEmpty else { return nil }
    }
}

/// Compiles a schema when it is first needed: a runner of a plant that sends no mail pays nothing for mail.
private final class CompiledSchemas: Sendable {
    private let schemas = Mutex<[String: JSONSchema]>([:])

    func schema(_ name: String, _ source: JSONValue) -> JSONSchema {
        schemas.withLock { schemas in
            if let schema = schemas[name] { return schema }
            do {
                let schema = try JSONSchema(source)
                schemas[name] = schema
                return schema
            } catch {
                preconditionFailure("the schema \(name) of a capability is wrong: \(error)")
            }
        }
    }
}
