import Connectors
import JSON
import Primitives
import Testing

@Suite("connector descriptions")
struct ConnectorDecoderTests {
    private func findings(_ document: JSONValue) -> [String] {
        ConnectorDecoder.decode(document).diagnostics.map { "\($0.code.rawValue) \($0.path)" }
    }

    @Test("a good description has no findings and names what it implements")
    func good() throws {
        let decoded = ConnectorDecoder.decode(connector())
        #expect(decoded.diagnostics.isEmpty)
        let description = try #require(decoded.description)
        #expect(description.capabilities == ["work-orders"])
        #expect(description.operation("work-orders", "create")?.isRepeatable == false)
        #expect(description.operation("work-orders", "get")?.isRepeatable == true)
        #expect(description.limits.maximumResponseBytes == 65536)
    }

    @Test("all mistakes are found together, each with its place")
    func together() {
        let document = connector(
            [
                "version": .null, "kind": "soap", "colour": "red", "retry": ["attempts": 0, "tries": 2],
                "limits": ["timeoutSeconds": "long"], "authentication": ["bearer", "magic"], "apiKeyHeader": "X Key",
                "configuration": ["type": "thing"],
            ],
            operation: [
                "request": [
                    "method": "TRACE", "path": "orders/{ .x", "body": ".a |", "headers": ["Host": ".x"], "extra": 1,
                ],
                "response": ["success": [99], "format": "xml", "result": "("],
                "errors": [["outcome": "maybe"], ["status": [500], "outcome": "retryable", "whenn": "."]],
            ])
        let found = findings(document)
        for expected in [
            "missing /version", "invalid-value /kind", "unknown-field /colour", "invalid-value /retry/attempts",
            "unknown-field /retry/tries", "invalid-value /limits/timeoutSeconds", "invalid-value /authentication",
            "invalid-value /apiKeyHeader", "invalid-schema /configuration",
            "invalid-value /operations/work-orders.create/request/method",
            "invalid-expression /operations/work-orders.create/request/path",
            "invalid-expression /operations/work-orders.create/request/body",
            "invalid-value /operations/work-orders.create/request/headers",
            "unknown-field /operations/work-orders.create/request/extra",
            "invalid-value /operations/work-orders.create/response/success",
            "invalid-value /operations/work-orders.create/response/format",
            "invalid-expression /operations/work-orders.create/response/result",
            "invalid-value /operations/work-orders.create/errors/0/outcome",
            "unknown-field /operations/work-orders.create/errors/1/whenn",
        ] {
            #expect(found.contains(expected), "\(expected) is not among \(found)")
        }
    }

    @Test("an operation of no capability is refused, and so is a connector without any")
    func operations() {
        let get: JSONValue = ["request": ["method": "GET", "path": "/"]]
        #expect(
            findings(connector(["operations": ["work-orders.explode": get]])).contains(
                "unknown-operation /operations/work-orders.explode"))
        #expect(findings(connector(["operations": [:]])) == ["missing /operations"])
        #expect(findings([]) == ["wrong-type "])
    }

    @Test("authentication that needs more must have it")
    func authentication() {
        #expect(findings(connector(["apiKeyHeader": .null])) == ["missing /apiKeyHeader"])
        #expect(findings(connector(["oauth2": .null])) == ["missing /oauth2"])
    }

    @Test("a connection that does not comply with its connector's schema names every mistake")
    func configuration() throws {
        let description = try #require(ConnectorDecoder.decode(connector()).description)
        let found = Connection.check(["baseAddress": 7], against: description)
        #expect(found.count == 2)
        for configuration: JSONValue in [
            ["baseAddress": "ftp://x", "site": "a"], ["baseAddress": "http://user:pass@x", "site": "a"],
            ["baseAddress": "http://x", "site": "a", "authentication": "digest"],
            ["baseAddress": "http://x", "site": "a", "authentication": "bearer"],
        ] {
            #expect(throws: Connection.SetupError.self) {
                try Connection(
                    id: .init(), name: "c", description: description, configuration: configuration, credential: nil)
            }
        }
    }
}

@Suite("capabilities")
struct CapabilityTests {
    @Test("every operation is reached by its function name, and no other name is")
    func names() throws {
        let table = CapabilityTable.standard
        #expect(table.names == ["work-orders", "lots", "messages"])
        #expect(table.operationNames.count == 9)
        for operation in table.all { #expect(table.operation(function: operation.function)?.name == operation.name) }
        for name in [
            "work-orders.create", "work-orders.create:2.0.0@default", "work-orders.create:1.0.0@other", "http", ":@",
        ] {
            #expect(table.operation(function: name) == nil)
        }
    }

    @Test("every schema is one, and a look-up is an operation of the same capability")
    func schemas() throws {
        let table = CapabilityTable.standard
        for operation in table.all {
            _ = try JSONSchema(operation.arguments)
            _ = try JSONSchema(operation.result)
            #expect(operation.effect == .write || operation.lookUp == nil)
            if let lookUp = operation.lookUp {
                let read = table.operation(named: "\(operation.capability).\(lookUp.operation)")
                #expect(read?.effect == .read)
            }
        }
    }

    @Test("arguments that do not comply are named by place")
    func violations() throws {
        let create = try #require(CapabilityTable.standard.operation(named: "work-orders.create"))
        let bad: JSONValue = ["title": "", "priority": 9, "colour": "red"]
        let places = CapabilityTable.standard.violations(ofArguments: bad, for: create).map {
            $0.instancePath.description
        }
        #expect(Set(places).isSuperset(of: ["/title", "/priority"]))
        #expect(CapabilityTable.standard.violations(ofArguments: ["title": "a", "priority": 1], for: create).isEmpty)
    }
}
