import JSON
import Primitives
import Workflow
import YAML

/// An Open Workflow document in a file, with everything that it refers to.
struct DefinitionFile: Sendable {
    var name: String
    var decoded: DecodedDefinition
    /// Mistakes of the file itself: it cannot be read, or is not YAML.
    var problems: [FileProblem]

    /// Rounds of looking for what documents refer to that were themselves referred to.
    private static let maximumRounds = 8
    private static let maximumResources = 100

    /// - Parameters:
    ///   - name: the path, as diagnostics name it.
    ///   - resources: gives the documents that the definition refers to; `nil` for one that is not to be had.
    static func read(
        _ name: String, functions: FunctionTable = .builtIn, resources: any ResourceSource
    ) async -> DefinitionFile {
        let problems = FileProblems()
        guard let file = read(name, problems) else {
            return DefinitionFile(name: name, decoded: DecodedDefinition(), problems: problems.all)
        }
        let locations = SourceLocations(
            file.document.locations.mapValues { (line: $0.line, column: $0.column) })
        var functions = functions
        var document = file.value
        var decoded = DefinitionDecoder.decode(document, locations: locations, functions: functions)
        var asked: Set<String> = []
        for _ in 0..<maximumRounds {
            let missing = decoded.resources.filter { !$0.isFound && asked.insert($0.uri).inserted }
            guard !missing.isEmpty, asked.count <= maximumResources else { break }
            for use in missing {
                if let found = await resources.resource(use, askedBy: name) { functions.resources[use.uri] = found }
            }
            decoded = DefinitionDecoder.decode(document, locations: locations, functions: functions)
        }
        // What was fetched becomes part of the document, so that `$workflow.definition` and a stored copy are whole.
        for _ in 0..<maximumRounds where decoded.resources.contains(where: \.isFound) {
            document = decoded.bundled(document, functions.resources)
            let diagnostics = decoded.diagnostics
            decoded = DefinitionDecoder.decode(document, locations: locations, functions: functions)
            decoded.diagnostics = diagnostics
        }
        return DefinitionFile(name: name, decoded: decoded, problems: problems.all)
    }

    private static func read(_ name: String, _ problems: FileProblems) -> YAMLFile? {
        do {
            return YAMLFile(name: name, bytes: try FileBytes.read(name), problems: problems)
        } catch {
            problems.add(FileProblem(file: name, at: nil, "the file cannot be read: \(error)"))
            return nil
        }
    }

    var definition: Definition? { decoded.definition }

    /// One line each: `FILE:12:5: error: unknown-task: … (at /do/0/a/then)`.
    var findings: [String] {
        problems.map(\.description) + decoded.diagnostics.map { "\(name):\($0)" }
    }

    var hasErrors: Bool { !problems.isEmpty || !decoded.errors.isEmpty }
}

/// Where documents come from that a definition refers to.
protocol ResourceSource: Sendable {
    func resource(_ use: ResourceUse, askedBy file: String) async -> JSONValue?
}

/// Files beside the definition: `schemas/alarm.json`, `file:///…`. Nothing is fetched from elsewhere.
struct NeighbouringFiles: ResourceSource {
    func resource(_ use: ResourceUse, askedBy file: String) async -> JSONValue? {
        guard let path = Self.path(of: use.uri, from: file), let bytes = try? FileBytes.read(path) else { return nil }
        return Self.value(of: bytes, use.kind)
    }

    /// The document in bytes: text for a script, YAML or JSON for anything else.
    static func value(of bytes: [UInt8], _ kind: ResourceUse.Kind) -> JSONValue? {
        if kind == .script { return String(validating: bytes, as: UTF8.self).map { .string($0) } }
        return try? YAMLDocument(parsing: bytes).value
    }

    private static func path(of uri: String, from file: String) -> String? {
        if uri.hasPrefix("file:///") { return String(uri.dropFirst(7)) }
        guard !uri.contains("://"), !uri.hasPrefix("/") else { return uri.hasPrefix("/") ? uri : nil }
        let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        return folder + uri
    }
}
