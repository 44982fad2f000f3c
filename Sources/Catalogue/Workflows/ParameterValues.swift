package import JSON
package import Primitives

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
        let findings = compiled.validate(effective).map { violation in
            Problem.Item(path: "/parameters\(violation.instancePath)", message: violation.message)
        }
        return (effective, findings)
    }
}
