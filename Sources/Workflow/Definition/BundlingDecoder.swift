package import JSON

/// Decodes a document that refers to others, while its caller finds those: ask `missing`, `add` what was found, again until
/// nothing is missing that can be found; `finish` then gives a document that stands for itself.
package struct BundlingDecoder: Sendable {
    /// Documents that one definition may draw in, and how deep they may refer to further ones.
    package static let maximumResources = 100
    private static let maximumRounds = 8

    package private(set) var decoded: DecodedDefinition
    private let document: JSONValue
    private let locations: SourceLocations?
    private var functions: FunctionTable
    private var asked: Set<String> = []
    private var rounds = 0

    package init(_ document: JSONValue, locations: SourceLocations? = nil, functions: FunctionTable = .builtIn) {
        self.document = document
        self.locations = locations
        self.functions = functions
        decoded = DefinitionDecoder.decode(document, locations: locations, functions: functions)
    }

    /// What is referred to, is not at hand, and was not asked for before.
    package mutating func takeMissing() -> [ResourceUse] {
        rounds += 1
        guard rounds <= Self.maximumRounds else { return [] }
        let missing = decoded.resources.filter { !$0.isFound && asked.insert($0.uri).inserted }
        return asked.count <= Self.maximumResources ? missing : []
    }

    /// By the URI as the document writes it.
    package mutating func add(_ documents: [String: JSONValue]) {
        guard !documents.isEmpty else { return }
        functions.resources.merge(documents) { $1 }
        decoded = DefinitionDecoder.decode(document, locations: locations, functions: functions)
    }

    /// The document with everything found in its place, decoded; the findings are those of the document as it was written.
    package func finish() -> (document: JSONValue, decoded: DecodedDefinition) {
        var bundled = document
        var latest = decoded
        var rounds = 0
        while latest.resources.contains(where: \.isFound), rounds < Self.maximumRounds {
            rounds += 1
            bundled = latest.bundled(bundled, functions.resources)
            latest = DefinitionDecoder.decode(bundled, locations: locations, functions: functions)
        }
        latest.diagnostics = decoded.diagnostics
        latest.resources = decoded.resources
        return (bundled, latest)
    }
}
