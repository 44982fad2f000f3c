/// The result of decoding: everything that was found, and the definition if none of it was an error.
package struct DecodedDefinition: Sendable {
    package var definition: Definition?
    /// In document order.
    package var diagnostics: [Diagnostic]
    /// Documents elsewhere that the definition refers to, in the order in which they were met.
    package var resources: [ResourceUse]

    package init(
        definition: Definition? = nil, diagnostics: [Diagnostic] = [], resources: [ResourceUse] = []
    ) {
        self.definition = definition
        self.diagnostics = diagnostics
        self.resources = resources
    }

    package var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
    package var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }
}
