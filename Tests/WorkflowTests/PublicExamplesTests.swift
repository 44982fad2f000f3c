import JSON
import Testing
import Workflow
import YAML

@Suite("The specification's examples", .enabled(if: PublicMaterial.runsExamples))
struct PublicExamplesTests {
    /// Examples that are refused, each with the reason that must be given. All others decode.
    static let exceptions: [String: Diagnostic.Code] = [
        "call-asyncapi-publish.yaml": .driverMissing,
        "call-asyncapi-subscribe-consume-amount.yaml": .driverMissing,
        "call-asyncapi-subscribe-consume-forever-foreach.yaml": .driverMissing,
        "call-asyncapi-subscribe-consume-until.yaml": .driverMissing,
        "call-asyncapi-subscribe-consume-while.yaml": .driverMissing,
        "call-grpc.yaml": .driverMissing,
        "call-mcp.yaml": .driverMissing,
        "run-container.yaml": .driverMissing,
        "run-container-cleanup-always.yaml": .driverMissing,
        "run-container-cleanup-eventually.yaml": .driverMissing,
        "run-container-stdin-and-arguments.yaml": .driverMissing,
        "run-container-with-name.yaml": .driverMissing,
        "run-container-with-pull-policy.yaml": .driverMissing,
        "run-return-all.yaml": .driverMissing,
        "run-return-code.yaml": .driverMissing,
        "run-return-none.yaml": .driverMissing,
        "run-return-stderr.yaml": .driverMissing,
        // Names a function of a catalog on the network; nothing is fetched while decoding.
        "call-custom-function-cataloged.yaml": .resourceMissing,
    ]

    @Test("each example decodes, or is refused for its listed reason alone")
    func examples() throws {
        let files = try PublicMaterial.files(in: "examples", ending: ".yaml")
        for file in files {
            let decoded = try decode(file.text)
            let told = decoded.errors.map(\.description).joined(separator: "\n")
            if let reason = Self.exceptions[file.name] {
                #expect(Set(decoded.errors.map(\.code)) == [reason], "\(file.name): \(told)")
            } else {
                #expect(decoded.definition != nil, "\(file.name): \(told)")
            }
        }
        let refused = files.count { Self.exceptions[$0.name] != nil }
        print("specification examples: \(files.count - refused) decode, \(refused) listed exceptions")
        #expect(files.count >= 60)
    }

    @Test("with every driver at hand only what needs the network is refused")
    func allDrivers() throws {
        var functions = FunctionTable.builtIn
        functions.drivers = Set(FunctionTable.Driver.allCases)
        for file in try PublicMaterial.files(in: "examples", ending: ".yaml") {
            let decoded = try decode(file.text, functions: functions)
            let reason = Self.exceptions[file.name].flatMap { $0 == .driverMissing ? nil : $0 }
            let told = decoded.errors.map(\.description).joined(separator: "\n")
            #expect(Set(decoded.errors.map(\.code)) == (reason.map { [$0] } ?? []), "\(file.name): \(told)")
        }
    }

    @Test("each document that must be refused is refused at the right place")
    func invalid() throws {
        let places: [String: (Diagnostic.Code, String)] = [
            "extra-property-in-call.yaml": (.unknownProperty, "/do/0/getPet/foo"),
            "two-tasks-in-one-item.yaml": (.severalTasksInOneItem, "/do/0"),
        ]
        let files = try PublicMaterial.files(in: "invalid", ending: ".yaml")
        var refused = 0
        for file in files {
            if let place = places[file.name] {
                let errors = try decode(file.text).errors
                #expect(errors.contains { $0.code == place.0 && $0.path.description == place.1 }, "\(file.name)")
                refused += 1
            } else if file.name == "listen-any-until-any-until.yaml" {
                // It has `do` twice, which is not YAML; what it means to show is the second until.
                #expect(throws: YAMLError.self) { try YAMLDocument(parsing: file.text) }
                let errors = try decode(file.text.replacing("do:\ndo:", with: "do:")).errors
                #expect(
                    errors.contains { $0.path.description == "/do/0/callDoctor/listen/to/until/until" }, "\(file.name)")
                refused += 1
            } else {
                Issue.record("no expectation for \(file.name)")
            }
        }
        print("invalid documents of the specification: \(refused) of \(files.count) refused")
    }
}
