package import Logging
package import Primitives

/// The command line of a runner.
package struct RunnerArguments: Sendable {
    package var socketDirectory: String
    package var runnerID: RunnerID
    package var epoch: Int64
    package var logLevel: Logger.Level
    /// Optional: whom the credentials are sealed to, when the definitions do not say it.
    package var plantID: PlantID?

    package struct UsageError: Error, Sendable, CustomStringConvertible {
        package var problems: [String]
        package var description: String { problems.joined(separator: "\n") }
    }

    package static let usage = """
        millwright-runner: runs one plant's workflows for a Millwright control plane. It is started by it.

        USAGE: millwright-runner --socket-directory <path> --runner-id <uuid> --epoch <number>
                                 [--plant-id <uuid>] [--log-level <level>]
               millwright-runner --check-protections

          --socket-directory  The directory with `sync.sock` (control plane) and `egress.sock` (the way out).
          --runner-id         Who this runner is to the control plane.
          --epoch             Its turn; a runner with a newer one supersedes it.
          --plant-id          The plant, whose credentials this runner may open.
          --log-level         trace, debug, info, notice, warning, error or critical. Default: info.
          --check-protections Print what this machine lacks to confine a runner, a line each, and leave.

        The log goes to standard error, one JSON object a line. SIGTERM, SIGINT or the end of a pipe on standard input
        ask it to finish what it has and to leave.

        EXIT STATUS: 0 drained, 3 superseded by a newer epoch, 4 left with runs open, 64 wrong usage.
        """

    /// All problems together, by name.
    package init(_ arguments: [String]) throws(UsageError) {
        var values: [String: String] = [:]
        var problems: [String] = []
        let names = ["--socket-directory", "--runner-id", "--epoch", "--plant-id", "--log-level"]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard let name = parts.first, names.contains(name) else {
                problems.append("unknown argument: \(argument)")
                continue
            }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                problems.append("\(name) needs a value")
                continue
            }
            values[name] = value
        }
        for name in names.prefix(3) where values[name] == nil { problems.append("\(name) is missing") }
        let runnerID = values["--runner-id"].flatMap { RunnerID($0) }
        if runnerID == nil, values["--runner-id"] != nil { problems.append("--runner-id is not a UUID") }
        let epoch = values["--epoch"].flatMap { Int64($0) }
        if epoch == nil, values["--epoch"] != nil { problems.append("--epoch is not a whole number") }
        let plantID = values["--plant-id"].flatMap { PlantID($0) }
        if plantID == nil, values["--plant-id"] != nil { problems.append("--plant-id is not a UUID") }
        let level = Logger.Level(rawValue: values["--log-level"] ?? "info")
        if level == nil { problems.append("--log-level is not a level") }
        guard problems.isEmpty, let runnerID, let epoch, let level, let directory = values["--socket-directory"] else {
            throw UsageError(problems: problems)
        }
        self.socketDirectory = directory
        self.runnerID = runnerID
        self.epoch = epoch
        self.plantID = plantID
        logLevel = level
    }
}
