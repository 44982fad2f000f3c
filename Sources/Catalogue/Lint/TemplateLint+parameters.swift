import JSON
import Primitives
import YAML

extension TemplateLint {
    /// The schema is one, and each of its defaults fits the place that it stands in.
    func checkParameters() {
        do {
            _ = try JSONSchema(metadata.parameters, formatAssertion: true)
        } catch {
            for problem in error.problems {
                complainInMetadata(
                    at: "/parameters\(problem.path)", "the parameter schema is wrong: \(problem.message)")
            }
            return
        }
        checkDefaults(metadata.parameters, at: "/parameters")
        if metadata.parameters["additionalProperties"] != false {
            complainInMetadata(
                at: "/parameters", "set “additionalProperties: false”, so that a misspelt parameter is refused")
        }
    }

    private func checkDefaults(_ schema: JSONValue, at pointer: String) {
        if let value = schema["default"], let compiled = try? JSONSchema(schema, formatAssertion: true) {
            for violation in compiled.validate(value) {
                complainInMetadata(
                    at: "\(pointer)/default\(violation.instancePath)", "the default does not fit: \(violation.message)")
            }
            if schema["format"] == ParameterValues.tableFormat {
                for item in ParameterValues.tables(value, schema, at: "\(pointer)/default") {
                    complainInMetadata(at: item.path, item.message)
                }
            }
        }
        for (name, property) in schema["properties"]?.objectValue ?? [:] {
            checkDefaults(property, at: "\(pointer)/properties/\(name)")
        }
        if let items = schema["items"] { checkDefaults(items, at: "\(pointer)/items") }
    }

    /// Every parameter that an expression reads is in the schema, and every parameter of the schema is read.
    func checkParameterUse() {
        let uses = ParameterUse.uses(in: template.document)
        for use in uses {
            if let missing = firstUnknown(use.names) {
                complain(at: use.pointer, "there is no parameter “\(missing)” in the parameter schema")
            }
        }
        let read = Set(uses.compactMap(\.names.first))
        for name in (metadata.parameters["properties"]?.objectValue ?? [:]).keys where !read.contains(name) {
            complainInMetadata(
                .warning, at: "/parameters/properties/\(name)", "no expression of the workflow reads “\(name)”")
        }
    }

    /// Follows the names through nested `properties`; where the schema says no more, anything may follow.
    private func firstUnknown(_ names: [String]) -> String? {
        var schema = metadata.parameters
        for (index, name) in names.enumerated() {
            guard let properties = schema["properties"]?.objectValue else { return nil }
            guard let next = properties[name] else { return names[...index].joined(separator: ".") }
            schema = next
        }
        return nil
    }
}
