package import JSON

/// Turns an Open Workflow document (DSL 1.0.0 to 1.0.3) into a `Definition`, or says everything that is wrong with it.
package enum DefinitionDecoder {
    /// - Parameters:
    ///   - locations: where the document's values stood in its text, for lines and columns in diagnostics.
    ///   - functions: what the definition may call.
    package static func decode(
        _ document: JSONValue, locations: SourceLocations? = nil, functions: FunctionTable = .builtIn
    ) -> DecodedDefinition {
        let pass = DecodingPass(document: document, functions: functions)
        let definition = pass.decodeDocument()
        let findings = pass.diagnostics.map { finding in
            var finding = finding
            let place = locations?.location(of: finding.path)
            finding.line = place?.line
            finding.column = place?.column
            return finding
        }
        let hasErrors = findings.contains { $0.severity == .error }
        return DecodedDefinition(
            definition: hasErrors ? nil : definition, diagnostics: Self.inOrder(findings), resources: pass.resources)
    }

    /// By place in the text where that is known, else as they were found.
    private static func inOrder(_ findings: [Diagnostic]) -> [Diagnostic] {
        findings.enumerated().sorted { left, right in
            let leftPlace = (left.element.line ?? 0, left.element.column ?? 0, left.offset)
            let rightPlace = (right.element.line ?? 0, right.element.column ?? 0, right.offset)
            return leftPlace < rightPlace
        }.map(\.element)
    }
}
