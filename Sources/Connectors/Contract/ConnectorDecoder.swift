package import JSON

package struct DecodedConnector: Sendable {
    /// Set when there is no finding.
    package var description: ConnectorDescription?
    package var diagnostics: [ConnectorDiagnostic]
}

/// Reads a connector description and names every mistake in it.
package struct ConnectorDecoder {
    private let findings = FieldReader.Findings()
    private let capabilities: CapabilityTable

    package static func decode(
        _ document: JSONValue, capabilities: CapabilityTable = .standard
    ) -> DecodedConnector {
        let decoder = ConnectorDecoder(capabilities: capabilities)
        let description = decoder.decode(document)
        let diagnostics = decoder.findings.diagnostics
        return DecodedConnector(description: diagnostics.isEmpty ? description : nil, diagnostics: diagnostics)
    }

    private init(capabilities: CapabilityTable) { self.capabilities = capabilities }

    private func decode(_ document: JSONValue) -> ConnectorDescription? {
        guard let reader = FieldReader(document, at: .root, into: findings) else { return nil }
        let slug = reader.text("connector", isRequired: true)
        let version = reader.text("version", isRequired: true)
        let title = reader.text("title")
        let kind = reader.choice("kind", ConnectorDescription.Kind.self, isRequired: true)
        let authentication = authenticationKinds(reader)
        let apiKeyHeader = headerName(reader, "apiKeyHeader")
        let oauth2 = oauth2(reader)
        let schema = configurationSchema(reader)
        let idempotencyHeader = headerName(reader, "idempotencyHeader")
        let limits = limits(reader)
        let rateLimit = rateLimit(reader)
        let retry = retryPolicy(reader)
        let templates = OperationReader(findings: findings, kind: kind ?? .http)
        let errorRules = templates.errorRules(reader)
        let operations = operations(reader, templates)
        let test = reader.object("test").flatMap { templates.operation($0, isRead: true) }
        reader.finish()
        if authentication.contains(.apiKey), apiKeyHeader == nil {
            reader.report(.missing, "apiKeyHeader", "`api-key` authentication needs `apiKeyHeader`")
        }
        if authentication.contains(.oauth2ClientCredentials), oauth2 == nil {
            reader.report(.missing, "oauth2", "`oauth2-client-credentials` authentication needs `oauth2`")
        }
        guard let slug, let version, let kind else { return nil }
        return ConnectorDescription(
            slug: slug, version: version, title: title ?? slug, kind: kind,
            capabilities: capabilities.names.filter { name in operations.keys.contains { $0.hasPrefix(name + ".") } },
            authentication: authentication, apiKeyHeader: apiKeyHeader, oauth2: oauth2, configurationSchema: schema,
            idempotencyHeader: idempotencyHeader, limits: limits, rateLimit: rateLimit, retry: retry,
            errorRules: errorRules, operations: operations, test: test)
    }

    private func authenticationKinds(_ reader: FieldReader) -> [AuthenticationKind] {
        guard let list = reader.list("authentication") else { return [.none] }
        let kinds = list.compactMap {
            reader.choice($0.stringValue ?? "", AuthenticationKind.self, at: "authentication")
        }
        if list.isEmpty { reader.report(.invalidValue, "authentication", "name at least one kind; `none` is one") }
        return kinds
    }

    private func headerName(_ reader: FieldReader, _ key: String) -> String? {
        guard let name = reader.text(key) else { return nil }
        if HeaderRules.isName(name) { return name }
        reader.report(.invalidValue, key, "`\(name)` is not the name of a header")
        return nil
    }

    private func oauth2(_ reader: FieldReader) -> OAuth2Description? {
        guard let object = reader.object("oauth2") else { return nil }
        let address = object.text("tokenAddress", isRequired: true)
        let scope = object.text("scope")
        let sendsSecretInBody = object.flag("sendsSecretInBody") ?? false
        object.finish()
        return address.map {
            OAuth2Description(tokenAddress: $0, scope: scope, sendsSecretInBody: sendsSecretInBody)
        }
    }

    private func configurationSchema(_ reader: FieldReader) -> JSONValue {
        guard let schema = reader.value("configuration", isRequired: true) else { return .bool(true) }
        do {
            _ = try JSONSchema(schema)
        } catch {
            reader.report(.invalidSchema, "configuration", "this is not a JSON Schema: \(error)")
        }
        return schema
    }

    private func limits(_ reader: FieldReader) -> CallLimits {
        var limits = CallLimits()
        guard let object = reader.object("limits") else { return limits }
        if let value = object.number("timeoutSeconds", in: 0.1...600) { limits.timeoutSeconds = value }
        if let value = object.number("connectTimeoutSeconds", in: 0.1...120) { limits.connectTimeoutSeconds = value }
        if let value = object.number("readTimeoutSeconds", in: 0.1...600) { limits.readTimeoutSeconds = value }
        if let value = object.integer("maximumResponseBytes", in: 1...(64 << 20)) {
            limits.maximumResponseBytes = value
        }
        if let value = object.integer("maximumHeaderBytes", in: 256...(1 << 20)) { limits.maximumHeaderBytes = value }
        if let value = object.integer("maximumRedirects", in: 0...10) { limits.maximumRedirects = value }
        object.finish()
        return limits
    }

    private func rateLimit(_ reader: FieldReader) -> RateLimit? {
        guard let object = reader.object("rateLimit") else { return nil }
        let perSecond = object.number("perSecond", in: 0.001...100_000)
        let burst = object.integer("burst", in: 1...100_000) ?? 1
        object.finish()
        guard let perSecond else {
            object.report(.missing, "perSecond", "`perSecond` is missing")
            return nil
        }
        return RateLimit(perSecond: perSecond, burst: burst)
    }

    private func retryPolicy(_ reader: FieldReader) -> RetryPolicy {
        var policy = RetryPolicy()
        guard let object = reader.object("retry") else { return policy }
        if let value = object.integer("attempts", in: 1...20) { policy.attempts = value }
        if let value = object.number("initialSeconds", in: 0.001...60) { policy.initialSeconds = value }
        if let value = object.number("maximumSeconds", in: 0.001...300) { policy.maximumSeconds = value }
        if let value = object.number("multiplier", in: 1...10) { policy.multiplier = value }
        object.finish()
        return policy
    }

    private func operations(_ reader: FieldReader, _ templates: OperationReader) -> [String: OperationDescription] {
        guard let object = reader.object("operations", isRequired: true) else { return [:] }
        var operations: [String: OperationDescription] = [:]
        for (name, value) in object.members() {
            guard let known = capabilities.operation(named: name) else {
                let names = capabilities.operationNames.joined(separator: ", ")
                object.report(.unknownOperation, name, "no capability has `\(name)`; the operations are: \(names)")
                continue
            }
            guard let fields = FieldReader(value, at: object.path.appending(name), into: findings) else { continue }
            operations[name] = templates.operation(fields, isRead: known.effect == .read)
        }
        if operations.isEmpty { object.report(.missing, nil, "a connector implements at least one operation") }
        return operations
    }
}
