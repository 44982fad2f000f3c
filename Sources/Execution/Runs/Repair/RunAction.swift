package import JSON
package import Primitives

/// One thing that an operator does with a run.
package enum RunAction: Sendable, Hashable {
    /// Ends it. What it waits for is withdrawn.
    case cancel
    case suspend
    case resume
    /// A faulted run goes on with the task that failed.
    /// - `input`: what the task gets instead of what it had.
    case retry(input: JSONValue?)
    /// A faulted, cancelled or suspended run goes on from this task; everything open is given up.
    /// - `input`: what the task gets instead of what it had the last time.
    case rerun(task: String, input: JSONValue?)
    /// A new run with the same input, or with this one.
    case restart(RunVersion, input: JSONValue?)
    /// A run that waits goes on with another version of its workflow. Tasks that `mapping` does not name keep their reference.
    case migrate(RunVersion, mapping: [String: String])

    package enum Name: String, Sendable, Hashable, CaseIterable {
        case cancel, suspend, resume, retry, rerun, restart, migrate
    }

    /// Whether somebody chooses where the run goes on, or with what: who does so is behind the run from then on.
    var choosesTheWay: Bool {
        switch self {
        case .cancel, .suspend, .resume, .retry(input: nil), .restart(.same, _): false
        case .retry, .rerun, .restart, .migrate: true
        }
    }

    package var name: Name {
        switch self {
        case .cancel: .cancel
        case .suspend: .suspend
        case .resume: .resume
        case .retry: .retry
        case .rerun: .rerun
        case .restart: .restart
        case .migrate: .migrate
        }
    }
}

/// Which definition a run is to have.
package enum RunVersion: Sendable, Hashable {
    /// The one that it had.
    case same
    /// The one that its workflow has now.
    case current
    /// An earlier or later one of its workflow.
    case digest(String)

    package init(_ text: String) {
        switch text {
        case "same": self = .same
        case "current": self = .current
        default: self = .digest(text)
        }
    }

    package var text: String {
        switch self {
        case .same: "same"
        case .current: "current"
        case .digest(let digest): digest
        }
    }
}

extension RunAction {
    /// What the action needs beside its name: `{"task", "input", "version", "mapping"}`.
    package var arguments: JSONValue {
        var object: JSONObject = [:]
        func add(_ key: String, _ value: JSONValue?) { if let value { object[key] = value } }
        switch self {
        case .cancel, .suspend, .resume: break
        case .retry(let input): add("input", input)
        case .rerun(let task, let input):
            add("task", .string(task))
            add("input", input)
        case .restart(let version, let input):
            add("version", .string(version.text))
            add("input", input)
        case .migrate(let version, let mapping):
            add("version", .string(version.text))
            let sorted = mapping.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
            add("mapping", .object(JSONObject(uniqueKeysWithValues: sorted)))
        }
        return .object(object)
    }

    /// - Throws: `.invalidRequest` for arguments that are missing or that the action does not have.
    package init(_ name: Name, arguments: JSONValue) throws(Problem) {
        let known: [Name: Set<String>] = [
            .retry: ["input"], .rerun: ["task", "input"], .restart: ["version", "input"],
            .migrate: ["version", "mapping"],
        ]
        let object = arguments.objectValue ?? [:]
        if let foreign = object.keys.first(where: { known[name]?.contains($0) != true }) {
            throw Problem(
                .invalidRequest, "\(name.rawValue) has no such argument.",
                items: [.init(path: "/\(foreign)", message: "Is not an argument of \(name.rawValue).")])
        }
        let version = RunVersion(object["version"]?.stringValue ?? (name == .restart ? "same" : "current"))
        if case .digest(let digest) = version, !Self.isDigest(digest) {
            throw Problem(
                .invalidRequest, "The version is not understood.",
                items: [.init(path: "/version", message: "Must be same, current, or a digest of the workflow.")])
        }
        switch name {
        case .cancel: self = .cancel
        case .suspend: self = .suspend
        case .resume: self = .resume
        case .retry: self = .retry(input: object["input"])
        case .rerun:
            guard let task = object["task"]?.stringValue, !task.isEmpty else {
                throw Problem(
                    .invalidRequest, "Name the task to begin with.",
                    items: [.init(path: "/task", message: "Must be a task reference, such as /do/2/approve.")])
            }
            self = .rerun(task: task, input: object["input"])
        case .restart: self = .restart(version, input: object["input"])
        case .migrate: self = .migrate(version, mapping: try Self.mapping(object["mapping"]?.objectValue ?? [:]))
        }
    }

    private static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func mapping(_ object: JSONObject) throws(Problem) -> [String: String] {
        var mapping: [String: String] = [:]
        for (old, new) in object {
            guard let new = new.stringValue, !(old + new).unicodeScalars.contains("\0") else {
                throw Problem(
                    .invalidRequest, "The mapping is not understood.",
                    items: [.init(path: "/mapping", message: "Must lead from task references to task references.")])
            }
            mapping[old] = new
        }
        return mapping
    }
}
