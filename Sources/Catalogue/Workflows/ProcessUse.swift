import JSON
import Primitives
import Workflow

/// The languages in which a definition runs processes, found in its document: `run: script` and `run: shell`, wherever
/// a task can stand.
struct ProcessUse {
    /// Each with the place of its first task.
    private(set) var places: [(language: ProcessLanguage, place: String)] = []

    init(_ definition: Definition) {
        let drivers = definition.usedDrivers.filter { $0 == .script || $0 == .shell }
        guard !drivers.isEmpty else { return }
        // A step for each value, and no recursion: a document may be as deep as the parser lets it.
        var open: [Step] = [Step(value: definition.document, path: JSONPointer([]), holdsNames: false)]
        while let step = open.popLast() {
            switch step.value {
            case .object(let members):
                if !step.holdsNames, let run = members["run"] { note(run, drivers, at: step.path) }
                for (key, value) in members.reversed() where step.holdsNames || !Self.data.contains(key) {
                    let isFunctions = key == "functions" && step.path.tokens == ["use"]
                    open.append(Step(value: value, path: step.path.appending(key), holdsNames: isFunctions))
                }
            case .array(let elements):
                for (index, value) in elements.enumerated().reversed() {
                    open.append(Step(value: value, path: step.path.appending(index), holdsNames: true))
                }
            default: break
            }
        }
    }

    /// Members of a task that hold values and no tasks.
    private static let data: Set<String> = ["run", "set", "with", "metadata"]

    private struct Step {
        var value: JSONValue
        var path: JSONPointer
        /// The keys are names: a list of tasks has an object for each, and so have the document's functions.
        var holdsNames: Bool
    }

    private mutating func note(_ run: JSONValue, _ drivers: [FunctionTable.Driver], at path: JSONPointer) {
        var language: ProcessLanguage?
        if drivers.contains(.script), let script = run["script"] {
            // What is computed, or unknown, is decided when it runs.
            language = script["language"]?.stringValue.flatMap { ProcessLanguage(script: $0) }
        } else if drivers.contains(.shell), run["shell"] != nil {
            language = .shell
        }
        guard let language, !places.contains(where: { $0.language == language }) else { return }
        places.append((language, path.description))
    }

    /// What the plant's policy does not allow, each with how to allow it.
    func objections(to policy: ProcessPolicy) -> [Problem.Item] {
        places.filter { !policy.languages.contains($0.language) }.map { language, place in
            let driver = language == .shell ? "shell" : "script"
            let known = policy.languageNames.isEmpty ? "nothing" : policy.languageNames.joined(separator: ", ")
            return Problem.Item(
                path: "/template",
                message: "The task at \(place) uses the driver “\(driver)” in the language \(language.rawValue); the "
                    + "plant's process policy allows \(known). Add \(language.rawValue) to its `allow`.")
        }
    }
}
