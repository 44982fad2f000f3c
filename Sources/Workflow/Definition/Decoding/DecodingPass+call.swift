import JSON
import Primitives

extension DecodingPass {
    func callBody(_ context: TaskContext) -> DecodedBody? {
        let fields = context.fields
        guard let name = string(fields, "call", "A call task", isRequired: true) else { return nil }
        let arguments = fields["with"]
        if let arguments, case .object = arguments {
        } else if let arguments {
            error(.wrongType, "with must be an object, not \(arguments.kindName).", at: fields.path("with"))
            return nil
        }
        if let driver = FunctionTable.Driver(rawValue: name), DriverCall(driver) != nil {
            return driverCall(driver, arguments, context)
        }
        if components.functions[name] != nil { return invocation(name, arguments, context) }
        if let function = functions.functions[name] { return catalogCall(function, arguments, context) }
        if let source = catalogued(name) {
            guard let document = use(source, as: .function(name: name), at: fields.path("call")) else {
                error(
                    .resourceMissing,
                    "The function \(source.uri) is not available here, and nothing is fetched. "
                        + "Declare it in use.functions instead.", at: fields.path("call"))
                return nil
            }
            return invocation(catalogued(source.uri, document), arguments, context)
        }
        let known = Array(components.functions.keys) + Array(functions.functions.keys)
        let hint =
            nearest(name, among: known).map { "Did you mean \($0)?" } ?? versionHint(name)
            ?? "Declare it in use.functions, or call a function of the default catalog."
        error(.unknownFunction, "There is no function \(name). \(hint)", at: fields.path("call"))
        return nil
    }

    /// `work-orders.create` without its version and catalog.
    private func versionHint(_ name: String) -> String? {
        let bare = name.split(separator: ":").first.map(String.init) ?? name
        let found = functions.functions.keys.filter { $0.hasPrefix(bare + ":") }.sorted()
        return found.first.map { "Call it by its full name, \($0)." }
    }

    private func argumentsTemplate(_ arguments: JSONValue?, _ context: TaskContext) -> ValueTemplate {
        template(arguments ?? .object([:]), context.scope, at: context.fields.path("with"))
    }

    private func catalogCall(
        _ function: FunctionTable.Function, _ arguments: JSONValue?, _ context: TaskContext
    ) -> DecodedBody {
        calledFunctions.insert(function.name)
        let path = context.fields.path("with")
        let names = function.arguments.map(\.name)
        let given = arguments?.objectValue ?? [:]
        for (key, _) in given where !names.contains(key) {
            let hint =
                nearest(key, among: names).map { "Did you mean \($0)?" }
                ?? "It takes \(names.joined(separator: ", "))."
            error(.unknownArgument, "\(function.name) has no argument \(key). \(hint)", at: path.appending(key))
        }
        let absent = function.arguments.filter { $0.isRequired && !given.contains(key: $0.name) }.map(\.name)
        if !absent.isEmpty {
            error(
                .missingArgument, "\(function.name) needs \(absent.joined(separator: ", ")). Add to with.",
                at: arguments == nil ? context.fields.path : path)
        }
        let template = argumentsTemplate(arguments, context)
        let body: TaskBody =
            switch function.performer {
            case .person: .humanTask(arguments: template)
            case .clock: serviceLevel(template, at: path)
            case .engine: decision(template, at: path)
            case .connector: .call(function: function.name, arguments: template)
            }
        return DecodedBody(body, function: function.name)
    }

    /// What is written out is checked here; what expressions give, when the clock is set.
    private func serviceLevel(_ template: ValueTemplate, at path: JSONPointer) -> TaskBody {
        if case .constant(let arguments) = template {
            do throws(WorkflowError) {
                _ = try ServiceLevelRequest(arguments: arguments)
            } catch {
                self.error(.invalidValue, error.detail ?? "The clock cannot be set like this.", at: path)
            }
        }
        return .serviceLevel(arguments: template)
    }

    private func decision(_ template: ValueTemplate, at path: JSONPointer) -> TaskBody {
        guard case .constant(let written)? = template["table"] else { return .decide(arguments: template, table: nil) }
        do throws(DecisionTableMistakes) {
            return .decide(arguments: template, table: try DecisionTable(json: written))
        } catch {
            for item in error.items {
                self.error(
                    .invalidTable, "The decision table's \(item.path) \(item.message).",
                    at: path.appending("table").appending(
                        contentsOf: (try? JSONPointer(parsing: item.path)) ?? .init([])))
            }
            return .decide(arguments: template, table: nil)
        }
    }

    private func invocation(_ name: String, _ arguments: JSONValue?, _ context: TaskContext) -> DecodedBody? {
        if let currentFunction { functionCalls[currentFunction, default: []].insert(name) }
        guard let task = functionTasks[name] else { return nil }
        return DecodedBody(.invoke(task: task, arguments: argumentsTemplate(arguments, context)), function: name)
    }

    /// A function of a catalog that the document declares, or one called by its URI.
    private func catalogued(_ name: String) -> ExternalResource? {
        if name.contains("://") { return ExternalResource(uri: name) }
        let parts = name.split(separator: "@", maxSplits: 1)
        guard parts.count == 2, let catalog = components.catalogs[String(parts[1])] else { return nil }
        let function = parts[0].split(separator: ":", maxSplits: 1)
        guard function.count == 2 else { return nil }
        let endpoint = catalog["endpoint"]
        guard var root = endpoint?.stringValue ?? endpoint?["uri"]?.stringValue else { return nil }
        while root.hasSuffix("/") { root.removeLast() }
        return ExternalResource(
            uri: "\(root)/functions/\(function[0])/\(function[1])/function.yaml",
            authentication: declared(endpoint?["authentication"]))
    }

    private func catalogued(_ source: String, _ document: JSONValue) -> String {
        guard functionTasks[source] == nil else { return source }
        let index = reserveTask()
        functionTasks[source] = index
        decodeFunction(source, document, index, at: JSONPointer(["use", "functions", source]))
        return source
    }
}
