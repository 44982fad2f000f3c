import JSON
import Tenancy
import Workflow
import YAML

/// Work for people: its arguments as far as they are written out, and the roles that it is for.
extension TemplateLint {
    private var humanTasks: [DocumentTask] {
        DocumentTask.all(in: template.document).filter {
            $0.definition["call"]?.stringValue == FunctionTable.humanTaskFunction
        }
    }

    /// The same reader as at run time, which passes over what is computed. Which arguments there are is the decoder's to
    /// say; which roles there are, `checkRoles`.
    func checkHumanTasks() {
        let names = Set(DocumentTask.all(in: template.document).map(\.name))
        for task in humanTasks {
            let arguments = task.definition["with"] ?? .object([:])
            let read = HumanTaskArguments.read(arguments, onlyLiterals: true) { _ in nil }
            for mistake in read.mistakes where mistake.path != "/title" || arguments["title"] != nil {
                complain(at: "\(task.pointer)/with\(mistake.path)", "“\(mistake.path.dropFirst())” \(mistake.message)")
            }
            for (index, name) in read.arguments.separateFrom.enumerated() where !names.contains(name) {
                complain(
                    .warning, at: "\(task.pointer)/with/separateFrom/\(index)",
                    "no task of this workflow is named “\(name)”: only one of a parent or child can be meant")
            }
        }
    }

    /// Roles exist, may decide, and those that the defaults ask for are declared.
    func checkRoles() {
        for name in metadata.roles { checkRole(name) { complainInMetadata(at: "/roles", $0) } }
        var needed: Set<String> = []
        for (role, pointer) in tableRoles {
            checkRole(role) { complainInMetadata(at: pointer, $0) }
            needed.insert(role)
        }
        for task in humanTasks {
            let arguments = task.definition["with"]
            needed.formUnion(roles(in: arguments, at: "\(task.pointer)/with"))
            for (index, step) in (arguments?["escalation"]?.arrayValue ?? []).enumerated() {
                needed.formUnion(roles(in: step, at: "\(task.pointer)/with/escalation/\(index)"))
            }
        }
        for name in needed.sorted() where !metadata.roles.contains(name) {
            complainInMetadata(at: "/roles", "a human task is for the role “\(name)”: add it to “roles”")
        }
        for name in metadata.roles where !needed.contains(name) {
            complainInMetadata(.warning, at: "/roles", "no human task is for the role “\(name)” by default")
        }
    }

    /// Of `role` and of `candidates.roles`; a list that is computed as a whole is known only when the task opens.
    private func roles(in value: JSONValue?, at pointer: String) -> [String] {
        var found = roles(value?["role"], at: "\(pointer)/role")
        for (index, role) in (value?["candidates"]?["roles"]?.arrayValue ?? []).enumerated() {
            found += roles(role, at: "\(pointer)/candidates/roles/\(index)")
        }
        return found
    }

    /// The roles that an argument stands for when nobody changes the parameters.
    private func roles(_ argument: JSONValue?, at pointer: String) -> [String] {
        guard let text = argument?.stringValue else { return [] }
        guard text.contains("${") else {
            checkRole(text) { complain(at: pointer, $0) }
            return [text]
        }
        guard let name = ParameterUse.names(in: text).first?.first,
            let schema = metadata.parameters["properties"]?[name]
        else {
            // One of those that an approval matrix names; they are checked where it names them.
            if !tableRoles.isEmpty { return [] }
            complain(.warning, at: pointer, "which role this is cannot be checked: use a parameter with an enum")
            return []
        }
        let choices = schema["enum"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if choices.isEmpty {
            complainInMetadata(at: "/parameters/properties/\(name)", "list the roles that can be chosen under “enum”")
        }
        for choice in choices {
            checkRole(choice) { complainInMetadata(at: "/parameters/properties/\(name)/enum", $0) }
        }
        return [schema["default"]?.stringValue].compactMap { $0 }
    }

    /// Roles that the template's own decision tables give: `role` and `roles` of what follows from their rows.
    private var tableRoles: [(role: String, pointer: String)] {
        (metadata.parameters["properties"]?.objectValue ?? [:]).flatMap { name, schema in
            guard schema["format"] == ParameterValues.tableFormat, let table = schema["default"] else {
                return [(role: String, pointer: String)]()
            }
            let place = "/parameters/properties/\(name)/default"
            var outcomes = (table["rows"]?.arrayValue ?? []).enumerated().map { index, row in
                (row["then"], "\(place)/rows/\(index)/then")
            }
            outcomes.append((table["otherwise"], "\(place)/otherwise"))
            return outcomes.flatMap { outcome, pointer in
                let one = outcome?["role"]?.stringValue.map { [($0, "\(pointer)/role")] } ?? []
                let several = (outcome?["roles"]?.arrayValue ?? []).compactMap(\.stringValue)
                return one + several.map { ($0, "\(pointer)/roles") }
            }
        }
    }

    private func checkRole(_ name: String, _ complain: (String) -> Void) {
        guard let role = Role(rawValue: name) else {
            complain("there is no role “\(name)”")
            return
        }
        if !role.permissions.contains(.humanTasksDecide) { complain("the role “\(name)” cannot decide human tasks") }
    }
}
