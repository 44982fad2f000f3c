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
    /// Where the first task stands that starts another workflow, as `line:column`.
    var childLine = "1:1"

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
        var decoder = BundlingDecoder(file.value, locations: locations, functions: functions)
        var isOurs = true
        while case let missing = decoder.takeMissing(), !missing.isEmpty {
            var found: [String: JSONValue] = [:]
            for var use in missing where isOurs || use.isOnNetwork {
                if !isOurs { use.authentication = nil }
                found[use.uri] = await resources.resource(use, askedBy: name)
            }
            // What came from the network must not make us read this machine's files, or send our secrets.
            if missing.contains(where: \.isOnNetwork) { isOurs = false }
            decoder.add(found)
        }
        // What was fetched becomes part of the document, so that `$workflow.definition` is whole.
        let decoded = decoder.finish().decoded
        let child = file.document.locations.filter { $0.key.hasSuffix("/run/workflow") }.values.min {
            ($0.line, $0.column) < ($1.line, $1.column)
        }
        return DefinitionFile(
            name: name, decoded: decoded, problems: problems.all,
            childLine: child.map { "\($0.line):\($0.column)" } ?? "1:1")
    }

    private static func read(_ name: String, _ problems: FileProblems) -> YAMLFile? {
        do {
            return YAMLFile(
                name: name, bytes: try FileBytes.read(name, limit: FileBytes.documentLimit), problems: problems)
        } catch {
            problems.add(FileProblem(file: name, at: nil, "\((error as? Problem)?.detail ?? "\(error)")"))
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

extension ResourceUse {
    var isOnNetwork: Bool { uri.hasPrefix("https://") || uri.hasPrefix("http://") }
}

/// Where documents come from that a definition refers to.
protocol ResourceSource: Sendable {
    func resource(_ use: ResourceUse, askedBy file: String) async -> JSONValue?
}

/// Files beside the definition: `schemas/alarm.json`, `file:///…`. Nothing is fetched from elsewhere.
struct NeighbouringFiles: ResourceSource {
    func resource(_ use: ResourceUse, askedBy file: String) async -> JSONValue? {
        guard let path = Self.path(of: use.uri, from: file),
            let bytes = try? FileBytes.read(path, limit: FileBytes.documentLimit)
        else { return nil }
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
