import Foundation

/// The public examples of the specification, which stand beside the checkout where there is one.
enum PublicMaterial {
    static let directory: String? = {
        let named = ProcessInfo.processInfo.environment["MILLWRIGHT_SHARED"]
        let besides = URL(filePath: #filePath).appending(path: "../../../../../shared").standardized.path()
        let path = (named ?? besides) + "/conformance/ows"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    static var isRequired: Bool { ProcessInfo.processInfo.environment["MILLWRIGHT_REQUIRE_SHARED"] == "1" }

    /// Whether the tests that need the material run. Asked once each, so that an absence is told once.
    static let runsExamples = announceAbsence(of: "the specification's examples")

    /// Says what was not run; with the material required, its absence fails.
    private static func announceAbsence(of what: String) -> Bool {
        if directory == nil { print("not run: \(what) (no public material at ../shared or MILLWRIGHT_SHARED)") }
        return directory != nil || isRequired
    }

    /// The files of a folder by name, sorted.
    static func files(in folder: String, ending suffix: String) throws -> [(name: String, text: String)] {
        guard let directory else { throw CocoaError(.fileNoSuchFile) }
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(folder)")
        return try names.filter { $0.hasSuffix(suffix) }.sorted().map { name in
            (name, try String(contentsOfFile: "\(directory)/\(folder)/\(name)", encoding: .utf8))
        }
    }
}
