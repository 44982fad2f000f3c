package import JSON

/// A document together with the name of its file: what is needed to complain about it.
package struct YAMLFile: Sendable {
    package let name: String
    package let document: YAMLDocument

    package init(name: String, document: YAMLDocument) {
        self.name = name
        self.document = document
    }

    /// `nil` when it cannot be read; the reason is then among the problems.
    package init?(name: String, bytes: [UInt8], limits: YAMLLimits = .default, problems: FileProblems) {
        do throws(YAMLError) {
            self.init(name: name, document: try YAMLDocument(parsing: bytes, limits: limits))
        } catch {
            problems.add(FileProblem(file: name, at: error.location, error.message))
            return nil
        }
    }

    package var value: JSONValue { document.value }

    /// The complaint about what stands at a JSON pointer.
    package func problem(
        _ severity: FileProblem.Severity = .error, at pointer: String, _ message: String
    ) -> FileProblem {
        FileProblem(severity, file: name, at: document.location(of: pointer), message)
    }
}
