import Connectors
import JSON
import Tenancy
import Workflow
import YAML

extension TemplateLint {
    /// Arguments that are written out, not computed, must fit the operation's schema. Which arguments exist and which
    /// are required is the decoder's to say.
    func checkCalls() {
        for task in DocumentTask.all(in: template.document) {
            guard let function = task.definition["call"]?.stringValue,
                let arguments = task.definition["with"]?.objectValue
            else { continue }
            if let operation = capabilities.operation(function: function) {
                checkLiterals(arguments, of: operation, at: task.pointer)
            }
            if function == FunctionTable.humanTaskFunction { checkForm(arguments["form"], at: task.pointer) }
        }
    }

    private func checkLiterals(_ arguments: JSONObject, of operation: CapabilityOperation, at pointer: String) {
        for (name, value) in arguments where !Self.isComputed(value) {
            guard let schema = operation.arguments["properties"]?[name],
                let compiled = try? JSONSchema(schema, formatAssertion: true)
            else { continue }
            for violation in compiled.validate(value) {
                let path = "\(pointer)/with/\(name)\(violation.instancePath)"
                complain(at: path, "\(operation.qualifiedName) does not take this: \(violation.message)")
            }
        }
    }

    private func checkForm(_ form: JSONValue?, at pointer: String) {
        guard let form, !Self.isComputed(form) else { return }
        do {
            _ = try JSONSchema(form, formatAssertion: true)
        } catch {
            for problem in error.problems {
                complain(at: "\(pointer)/with/form\(problem.path)", "the form is no JSON Schema: \(problem.message)")
            }
        }
    }

    static func isComputed(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): text.contains("${")
        case .array(let items): items.contains(where: isComputed)
        case .object(let members): members.contains { isComputed($0.value) }
        default: false
        }
    }

    /// Roles exist, may decide, and those that the defaults ask for are declared.
    func checkRoles() {
        for name in metadata.roles { checkRole(name) { complainInMetadata(at: "/roles", $0) } }
        var needed: Set<String> = []
        for task in DocumentTask.all(in: template.document) {
            guard task.definition["call"]?.stringValue == FunctionTable.humanTaskFunction else { continue }
            let arguments = task.definition["with"]
            let place = "\(task.pointer)/with"
            needed.formUnion(roles(arguments?["role"], at: "\(place)/role"))
            for (index, step) in (arguments?["escalation"]?.arrayValue ?? []).enumerated() {
                needed.formUnion(roles(step["role"], at: "\(place)/escalation/\(index)/role"))
            }
        }
        for name in needed.sorted() where !metadata.roles.contains(name) {
            complainInMetadata(at: "/roles", "a human task is for the role “\(name)”: add it to “roles”")
        }
        for name in metadata.roles where !needed.contains(name) {
            complainInMetadata(.warning, at: "/roles", "no human task is for the role “\(name)” by default")
        }
    }

    /// The roles that a `role` argument stands for when nobody changes the parameters.
    private func roles(_ argument: JSONValue?, at pointer: String) -> [String] {
        guard let text = argument?.stringValue else { return [] }
        guard text.contains("${") else {
            checkRole(text) { complain(at: pointer, $0) }
            return [text]
        }
        guard let name = ParameterUse.names(in: text).first?.first,
            let schema = metadata.parameters["properties"]?[name]
        else {
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

    private func checkRole(_ name: String, _ complain: (String) -> Void) {
        guard let role = Role(rawValue: name) else {
            complain("there is no role “\(name)”")
            return
        }
        if !role.permissions.contains(.humanTasksDecide) { complain("the role “\(name)” cannot decide human tasks") }
    }
}
