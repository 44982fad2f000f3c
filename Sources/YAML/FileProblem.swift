/// Something wrong in a file that a person wrote, with its place.
package struct FileProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Severity: String, Sendable, Hashable, CaseIterable {
        case error
        case warning
    }

    package var severity: Severity
    /// The path as the reader was given it, so that an editor can open it.
    package var file: String
    /// `nil` when the file as a whole is meant.
    package var location: SourceLocation?
    /// A sentence for the author that ends in what to do.
    package var message: String

    package init(_ severity: Severity = .error, file: String, at location: SourceLocation?, _ message: String) {
        self.severity = severity
        self.file = file
        self.location = location
        self.message = message
    }

    /// `Templates/a/template.yaml:3:1: error: …`
    package var description: String {
        "\(file):\(location.map { "\($0):" } ?? "") \(severity.rawValue): \(message)"
    }
}

/// All problems of one reading, in the order in which they were found.
package final class FileProblems {
    package private(set) var all: [FileProblem] = []

    package init() {}

    package func add(_ problem: FileProblem) { all.append(problem) }
    package func add(contentsOf problems: some Sequence<FileProblem>) { all.append(contentsOf: problems) }

    package var hasErrors: Bool { all.contains { $0.severity == .error } }
}
