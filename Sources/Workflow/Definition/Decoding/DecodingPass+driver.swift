import JSON

/// The arguments of the calls that the specification itself defines.
struct DriverCall {
    var driver: FunctionTable.Driver
    var required: [String]
    var optional: [String]

    init?(_ driver: FunctionTable.Driver) {
        self.driver = driver
        switch driver {
        case .http:
            (required, optional) = (["method", "endpoint"], ["headers", "body", "query", "output", "redirect"])
        case .openapi:
            (required, optional) = (
                ["document", "operationId"], ["parameters", "authentication", "output", "redirect"]
            )
        case .grpc: (required, optional) = (["proto", "service", "method"], ["arguments"])
        case .asyncapi:
            (required, optional) = (
                ["document"],
                ["channel", "operation", "server", "protocol", "message", "subscription", "authentication"]
            )
        case .a2a: (required, optional) = (["method"], ["agentCard", "server", "parameters"])
        case .mcp:
            (required, optional) = (["method", "transport"], ["protocolVersion", "parameters", "timeout", "client"])
        case .container, .script, .shell, .workflow: return nil
        }
    }
}

extension DecodingPass {
    func driverCall(
        _ driver: FunctionTable.Driver, _ arguments: JSONValue?, _ context: TaskContext
    ) -> DecodedBody? {
        guard let call = DriverCall(driver) else { return nil }
        requireDriver(driver, at: context.fields.path("call"))
        let path = context.fields.path("with")
        guard let arguments else {
            missing("with", "call: \(driver.rawValue)", in: context.fields)
            return nil
        }
        guard
            let with = fields(
                arguments, "with of call: \(driver.rawValue)", allowed: call.required + call.optional, at: path)
        else { return nil }
        for key in call.required where with[key] == nil { missing(key, "call: \(driver.rawValue)", in: with) }
        checkResponseSettings(with)
        let members = with.object.map { key, value in
            let value =
                driver == .asyncapi && key == "subscription"
                ? subscription(value, context, at: with.path(key))
                : argument(driver, key, value, context.scope, at: with.path(key))
            return ValueTemplate.Member(key: key, value: value)
        }
        return DecodedBody(
            .call(function: driver.rawValue, arguments: .object(members)), function: driver.rawValue)
    }

    /// Names what the platform lacks, so that a definition is refused when it is published, not when it runs.
    func requireDriver(_ driver: FunctionTable.Driver, at path: JSONPointer) {
        usedDrivers.insert(driver)
        guard !functions.drivers.contains(driver) else { return }
        error(
            .driverMissing,
            "The plant has no driver for \(driver.rawValue). Use call: http or a function of the default "
                + "catalog instead, or have the driver enabled.", at: path)
    }

    private func checkResponseSettings(_ with: Fields) {
        if let output = string(with, "output", "with"), !["raw", "content", "response"].contains(output) {
            error(
                .invalidValue, "output cannot be \(output). Choose one of raw, content, response.",
                at: with.path("output"))
        }
        _ = boolean(with, "redirect")
    }

    private func argument(
        _ driver: FunctionTable.Driver, _ key: String, _ value: JSONValue, _ scope: ExpressionScope,
        at path: JSONPointer
    ) -> ValueTemplate {
        switch key {
        case "endpoint": return endpoint(value, scope, at: path)
        case "server" where driver == .a2a: return endpoint(value, scope, at: path)
        case "authentication": return authentication(value, scope, at: path)
        case "headers", "query": return textTable(key, value, scope, at: path)
        case "document", "agentCard", "proto":
            _ = externalResource(value, at: path)
            return template(value, scope, at: path)
        case "method", "operationId":
            if value.stringValue == nil {
                error(.wrongType, "\(key) must be text, not \(value.kindName).", at: path)
            }
            return template(value, scope, at: path)
        default: return template(value, scope, at: path)
        }
    }

    /// The subscription of an AsyncAPI call is checked, and handed to the driver as written: its expressions are about
    /// messages, which only the driver sees.
    private func subscription(_ value: JSONValue, _ context: TaskContext, at path: JSONPointer) -> ValueTemplate {
        guard let fields = fields(value, "subscription", allowed: ["filter", "consume", "foreach"], at: path) else {
            return .constant(.null)
        }
        _ = condition(fields, "filter", "subscription", context.scope)
        if let consume = fields["consume"] {
            _ = self.fields(
                consume, "consume", allowed: ["for", "amount", "while", "until"], at: fields.path("consume"))
        } else {
            missing("consume", "subscription", in: fields)
        }
        _ = fields["foreach"].flatMap { foreach($0, context, at: fields.path("foreach")) }
        return .constant(value)
    }

    /// `headers` and `query`: an expression, or an object of texts.
    private func textTable(
        _ key: String, _ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer
    ) -> ValueTemplate {
        switch value {
        case .string(let text) where Self.expressionSource(text) != nil: break
        case .object(let object):
            for (name, value) in object where value.stringValue == nil {
                error(
                    .wrongType, "\(name) in \(key) must be text, not \(value.kindName). Put it in quotes.",
                    at: path.appending(name))
            }
        default:
            error(.wrongType, "\(key) must be an object of texts, or an expression.", at: path)
        }
        return template(value, scope, at: path)
    }
}
