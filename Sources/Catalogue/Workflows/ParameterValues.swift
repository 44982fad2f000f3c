package import JSON
package import Primitives
import Workflow

/// A plant's values for a template's parameters.
package enum ParameterValues {
    /// The values with the defaults of the schema filled in.
    ///
    /// - Returns: with the values, everything that is wrong with them, each with its JSON pointer below `/parameters`.
    package static func check(
        _ values: JSONValue, against schema: JSONValue
    ) throws(JSONSchemaError) -> (effective: JSONValue, findings: [Problem.Item]) {
        let compiled = try JSONSchema(schema, formatAssertion: true)
        let effective = compiled.applyingDefaults(to: values)
        var findings = compiled.validate(effective).map { violation in
            Problem.Item(path: "/parameters\(violation.instancePath)", message: violation.message)
        }
        if findings.isEmpty { findings = tables(effective, schema, at: "/parameters") }
        return (effective, findings)
    }

    /// The `format` of a parameter that is a decision table: an approval matrix, which a plant fills in.
    package static let tableFormat: JSONValue = "decision-table"

    /// What is wrong with decision tables among the values.
    static func tables(_ value: JSONValue, _ schema: JSONValue, at place: String) -> [Problem.Item] {
        if schema["format"] == tableFormat {
            do throws(DecisionTableMistakes) {
                _ = try DecisionTable(json: value)
                return []
            } catch {
                return error.items.map { .init(path: place + $0.path, message: "The decision table: " + $0.message) }
            }
        }
        return (schema["properties"]?.objectValue ?? [:]).flatMap { name, property in
            value[name].map { tables($0, property, at: "\(place)/\(name)") } ?? []
        }
    }
}
