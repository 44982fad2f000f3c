import JSON

/// A call that is ready to be sent, whatever described it.
struct RequestPlan {
    var request: OutboundRequest
    /// As the definition or the document writes it.
    var methodAsGiven: String
    /// The policy as it was given; `nil` for none.
    var authentication: JSONValue?
    var output: CallArguments.Output
    var acceptsRedirection: Bool

    /// Adds the headers that every call has, and the body.
    ///
    /// - Parameters:
    ///   - headers: the definition's; they win over the usual ones.
    ///   - body: an argument, encoded as the content type says.
    init(
        method: String, address: WebAddress, headers: [(name: String, value: String)], body: JSONValue?,
        authentication: JSONValue?, arguments: CallArguments, idempotencyKey: String
    ) throws(CallFailure) {
        var headers = headers
        let given = headers.first { $0.name.lowercased() == "content-type" }?.value
        let encoded = try RequestBody(body, contentType: given, boundaryKey: idempotencyKey)
        if let type = encoded?.contentType {
            headers.removeAll { $0.name.lowercased() == "content-type" }
            headers.append(("Content-Type", type))
        }
        var request = OutboundRequest(method: method.uppercased(), address: address, body: encoded?.bytes)
        var usual = [
            (name: "Accept", value: "application/json, */*;q=0.5"), (name: "User-Agent", value: "millwright-runner"),
        ]
        if !request.isSafe { usual.append(("Idempotency-Key", idempotencyKey)) }
        for header in usual where !headers.contains(where: { $0.name.lowercased() == header.name.lowercased() }) {
            headers.append(header)
        }
        request.headers = headers
        self.request = request
        methodAsGiven = method
        self.authentication = authentication
        output = try arguments.output()
        acceptsRedirection = try arguments.acceptsRedirection()
    }

    /// `call: http`: method, endpoint, headers, query and body.
    init(http arguments: CallArguments, idempotencyKey: String) throws(CallFailure) {
        let method = try arguments.text("method")
        guard HeaderRules.isName(method) else {
            throw CallFailure(.invalidArguments, "`method` must be the name of a method")
        }
        let endpoint = try CallEndpoint(arguments.value["endpoint"], "endpoint")
        try self.init(
            method: method, address: endpoint.address.adding(query: try arguments.pairs("query")),
            headers: try arguments.pairs("headers"), body: arguments.value["body"],
            authentication: endpoint.authentication, arguments: arguments, idempotencyKey: idempotencyKey)
    }
}
