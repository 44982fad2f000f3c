import Connectors
import JSON
import Tenancy
import Workflow
import YAML

extension TemplateLint {
    /// Arguments that are written out, not computed, must fit the operation's schema. Which arguments exist and which
    /// are required is the decoder's to say.
    func checkCalls() {
        for task in DocumentTask.all(in: template.document) {
            guard let function = task.definition["call"]?.stringValue,
                let arguments = task.definition["with"]?.objectValue
            else { continue }
            if let operation = capabilities.operation(function: function) {
                checkLiterals(arguments, of: operation, at: task.pointer)
            }
        }
    }

    private func checkLiterals(_ arguments: JSONObject, of operation: CapabilityOperation, at pointer: String) {
        for (name, value) in arguments where !Self.isComputed(value) {
            guard let schema = operation.arguments["properties"]?[name],
                let compiled = try? JSONSchema(schema, formatAssertion: true)
            else { continue }
            for violation in compiled.validate(value) {
                let path = "\(pointer)/with/\(name)\(violation.instancePath)"
                complain(at: path, "\(operation.qualifiedName) does not take this: \(violation.message)")
            }
        }
    }

    static func isComputed(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): text.contains("${")
        case .array(let items): items.contains(where: isComputed)
        case .object(let members): members.contains { isComputed($0.value) }
        default: false
        }
    }
}
