import JSON

extension DecodingPass {
    func runBody(_ context: TaskContext) -> DecodedBody? {
        let path = context.fields.path("run")
        let processes = ["container", "script", "shell", "workflow"]
        guard let value = context.fields["run"],
            let run = fields(value, "run", allowed: processes + ["await", "return"], at: path)
        else { return nil }
        let isAwaited = boolean(run, "await") ?? true
        let returned = choice(run, "return", "run", as: ProcessReturn.self)
        let given = processes.filter { run.object.contains(key: $0) }
        guard given.count == 1, let process = given.first, let settings = run[process] else {
            error(
                .invalidValue, "run is exactly one of \(processes.joined(separator: ", ")). Give one.", at: path)
            return nil
        }
        if process == "workflow" {
            return workflowBody(settings, context.scope, isAwaited: isAwaited, returned, at: run.path(process))
                .map { DecodedBody($0) }
        }
        return processBody(process, settings, context.scope, isAwaited, returned, at: run.path(process))
    }

    enum ProcessReturn: String, CaseIterable { case stdout, stderr, code, all, none }

    private func workflowBody(
        _ value: JSONValue, _ scope: ExpressionScope, isAwaited: Bool, _ returned: ProcessReturn?,
        at path: JSONPointer
    ) -> TaskBody? {
        guard let fields = fields(value, "workflow", allowed: ["namespace", "name", "version", "input"], at: path)
        else { return nil }
        let namespace = string(fields, "namespace", "workflow", isRequired: true)
        let name = string(fields, "name", "workflow", isRequired: true)
        let version = string(fields, "version", "workflow", isRequired: true)
        if let version, version != "latest", !Self.isSemanticVersion(version) {
            error(
                .invalidValue, "\(version) is not a version. Write it like 1.0.0, or latest.",
                at: fields.path("version"))
        }
        if let returned, returned != ProcessReturn.none {
            warn(
                .notSupported,
                "return: \(returned.rawValue) has no effect on a workflow: its output is returned. "
                    + "Remove it.", at: fields.path)
        }
        let input = fields["input"].map { template($0, scope, at: fields.path("input")) }
        guard let namespace, let name, let version else { return nil }
        requireDriver(.workflow, at: path)
        if let header, header.namespace == namespace, header.name == name {
            error(
                .workflowCycle,
                "The workflow starts itself, so its runs would never end. Loop with for or then instead.",
                at: fields.path("name"))
        }
        let reference = WorkflowReference(namespace: namespace, name: name, version: version)
        if !childWorkflows.contains(reference) { childWorkflows.append(reference) }
        return .runWorkflow(
            ChildPlan(
                reference: reference, input: input, isAwaited: isAwaited, dropsOutput: returned == ProcessReturn.none))
    }

    /// Containers, scripts and shell commands are calls to a driver: `run:script` with the evaluated settings,
    /// `await` and `return`.
    private func processBody(
        _ process: String, _ value: JSONValue, _ scope: ExpressionScope, _ isAwaited: Bool,
        _ returned: ProcessReturn?, at path: JSONPointer
    ) -> DecodedBody? {
        let common = ["stdin", "arguments", "environment"]
        let (required, optional): ([String], [String]) =
            switch process {
            case "container":
                (["image"], common + ["name", "command", "ports", "volumes", "lifetime", "pullPolicy"])
            case "script": (["language"], common + ["code", "source"])
            default: (["command"], common)
            }
        guard let fields = fields(value, process, allowed: required + optional, at: path) else { return nil }
        for key in required where fields[key] == nil { missing(key, process, in: fields) }
        if process == "script", (fields["code"] == nil) == (fields["source"] == nil) {
            error(.missingField, "A script needs either code or source. Give exactly one.", at: path)
        }
        if let driver = FunctionTable.Driver(rawValue: process) { requireDriver(driver, at: path) }
        checkProcess(process, fields)
        let settings = process == "script" ? withCode(fields) : value
        var arguments: [ValueTemplate.Member] = [.init(key: process, value: processSettings(settings, scope, at: path))]
        arguments.append(.init(key: "await", value: .constant(.bool(isAwaited))))
        arguments.append(.init(key: "return", value: .constant(.string((returned ?? .stdout).rawValue))))
        let name = "run:\(process)"
        return DecodedBody(.call(function: name, arguments: .object(arguments)), function: name)
    }

    /// What the specification fixes of scripts and shell commands, beyond their keys.
    private func checkProcess(_ process: String, _ fields: Fields) {
        if process == "script", let language = string(fields, "language", process),
            !Self.scriptLanguages.contains(language)
        {
            error(
                .invalidValue, "language cannot be \(language). Choose one of js and python.",
                at: fields.path("language"))
        }
        for key in ["code", "command"] where process != "container" { _ = string(fields, key, process) }
        guard let environment = fields["environment"], Self.expressionSource(environment.stringValue ?? "") == nil,
            let table = self.fields(environment, "environment", allowed: nil, at: fields.path("environment"))
        else { return }
        for (name, value) in table.object where value.objectValue != nil || value.arrayValue != nil {
            error(
                .wrongType, "\(name) in environment must be text, not \(value.kindName).", at: table.path(name))
        }
    }

    /// The specification's text says `js`, its examples `javascript`: both are taken.
    private static let scriptLanguages = ["js", "javascript", "python"]

    /// The script with the text of its `source` as `code`, where the table of resources has it.
    private func withCode(_ fields: Fields) -> JSONValue {
        guard let source = fields["source"], let resource = externalResource(source, at: fields.path("source")) else {
            return .object(fields.object)
        }
        guard let code = use(resource, as: .script, at: fields.path)?.stringValue else {
            // A script on the network can also be fetched when it is run; a file beside the definition cannot.
            if resource.uri.hasPrefix("https://") || resource.uri.hasPrefix("http://") { return .object(fields.object) }
            error(
                .resourceMissing, "The script \(resource.uri) is not available here. Put its text in code instead.",
                at: fields.path("source"))
            return .object(fields.object)
        }
        var settings = fields.object
        settings["source"] = nil
        settings["code"] = .string(code)
        return .object(settings)
    }

    /// The settings as a template. Code is code: `${x}` in it is the shell's or the script's own.
    private func processSettings(
        _ settings: JSONValue, _ scope: ExpressionScope, at path: JSONPointer
    ) -> ValueTemplate {
        guard case .object(let object) = settings else { return template(settings, scope, at: path) }
        return .object(
            object.map { key, value in
                let isCode = key == "code" || key == "command"
                if isCode, let text = value.stringValue, Self.expressionSource(text) == nil {
                    return .init(key: key, value: .constant(value))
                }
                return .init(key: key, value: template(value, scope, at: path.appending(key)))
            })
    }
}
