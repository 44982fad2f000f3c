import ArgumentParser
import Hummingbird
import Logging
import Primitives
import ServiceLifecycle
import SystemPackage
import UnixSignals

/// The stand-in plant systems of the demo, as a process of their own.
struct StandInCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stand-in-cmms",
        abstract: "Serve the stand-in CMMS, MES and message service that the demo and the tests use.",
        discussion: "The key that callers must send is taken from MILLWRIGHT_STAND_IN_KEY.")

    @Option(help: "The file that keeps what was accepted.")
    var ledger: String

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 takes any free one.")
    var port = 0

    @Flag(help: .hidden)
    var endWithInput = false

    func run() async throws {
        JSONLinesLogHandler.bootstrap(level: .warning)
        let logger = Logger(label: "stand-in-cmms")
        guard let key = EnvironmentText.value("MILLWRIGHT_STAND_IN_KEY") else {
            throw Problem(.invalidParameters, "Set MILLWRIGHT_STAND_IN_KEY to the key that callers must send.")
        }
        let server = StandInServer(ledger: try StandInLedger(path: FilePath(ledger)), apiKey: key)
        let host = host
        let application = server.application(host: host, port: port, logger: logger) { port in
            Terminal.writeLine("ready http://\(host):\(port)")
        }
        var services: [any Service] = [application]
        if endWithInput { services.append(InputEnd()) }
        try await ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint, .sighup], logger: logger)
        ).run()
    }
}
