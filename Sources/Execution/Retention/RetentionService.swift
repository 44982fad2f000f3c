package import Logging
import Primitives
import ServiceLifecycle

/// Looks after the months at the start and every hour. Any number of processes may run it.
package struct RetentionService: Service {
    static let pauseSeconds: Double = 3600
    static let pauseAfterFailureSeconds: Double = 60

    private let retention: Retention
    private let logger: Logger

    package init(_ retention: Retention, logger: Logger) {
        self.retention = retention
        self.logger = logger
    }

    package func run() async throws {
        await RepeatedLook(
            complaint: "the months cannot be looked after", pauseAfterFailureSeconds: Self.pauseAfterFailureSeconds,
            logger: logger
        ).run(look: {
            report(try await retention.keep())
            return Self.pauseSeconds
        }) { pause in
            try? await Task.sleep(for: .seconds(pause))
        }
    }

    private func report(_ result: Retention.Result) {
        for stray in result.strays {
            logger.warning(
                "rows stand in the default partition: their month was not made in time, or was dropped before",
                metadata: ["partition": "\(stray.name)", "bytes": "\(stray.bytes)"])
        }
        for partition in result.partitions {
            guard case .held(let reason) = partition.fate else { continue }
            logger.notice(
                "a month is old enough and stays", metadata: ["partition": "\(partition.name)", "reason": "\(reason)"])
        }
    }
}
