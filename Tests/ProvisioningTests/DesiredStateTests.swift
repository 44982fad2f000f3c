import Execution
import Foundation
import Glibc
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing

@Suite("the database says what runs", .serialized, .timeLimit(.minutes(10)))
struct DesiredStateTests {
    @Test("stopping and suspending at every level ends the runner within a second; the next one has the next epoch")
    func desired() async throws {
        try await LivePlatform.with { platform in
            let place = try await platform.tenants.makePlant()
            let neighbour = try await platform.tenants.makePlant()
            let undisturbed = try await platform.runner(of: neighbour)
            var runner = try await platform.runner(of: place, epoch: 1)
            let stopping = try await platform.secondsUntilGone(runner) {
                try await platform.runners.setDesired(.stopped, of: place.scope, by: .system)
            }
            #expect(stopping < 1, "\(stopping)")
            try await eventually("its end is recorded") {
                let row = try await platform.runners.runner(of: place.scope)
                return row?.observedState == .absent && row?.detail == "drained"
            }
            try await platform.runners.setDesired(.running, of: place.scope, by: .system)
            var epoch: Int64 = 2
            for scope in [place.scope, place.client, place.partner] {
                runner = try await platform.runner(of: place, epoch: epoch)
                let seconds = try await platform.secondsUntilGone(runner) {
                    _ = try await platform.tenants.directory.suspend(scope, reason: "unpaid", by: .system)
                }
                #expect(seconds < 1, "\(scope.level): \(seconds)")
                _ = try await platform.tenants.directory.resume(scope, by: .system)
                epoch += 1
            }
            _ = try await platform.runner(of: place, epoch: epoch)
            #expect(undisturbed.isRunning)
            #expect(try await platform.runners.runner(of: neighbour.scope)?.epoch == 1)
        }
    }

    @Test("a sync of an older epoch, through the plant's own socket, is refused and changes nothing")
    func fenced() async throws {
        try await LivePlatform.with { platform in
            let place = try await platform.tenants.makePlant()
            let first = try await platform.runner(of: place, epoch: 1)
            let oldID = try #require(first.argument(after: "--runner-id").flatMap { RunnerID($0) })
            kill(first.pid, SIGKILL)
            let second = try await platform.runner(of: place, epoch: 2)
            let path = try #require(ControlPlaneProcess.socketDirectory(of: second)) + "/sync.sock"
            let before = try await platform.runners.runner(of: place.scope)
            let request = SyncRequest(
                runnerID: oldID, epoch: 1, publicKey: Array(repeating: 1, count: 32), capacity: 10, waitMilliseconds: 0,
                isFirst: true)
            let answer = try await Self.post(request, to: path)
            #expect(answer.hasPrefix("HTTP/1.1 409 ") && answer.contains("stale-epoch"), "\(answer)")
            let after = try await platform.runners.runner(of: place.scope)
            #expect(after?.epoch == 2 && after?.runnerID == before?.runnerID && after?.restarts == before?.restarts)
            #expect(second.isRunning)
        }
    }

    @Test("a control plane that is killed takes its runners with it, and the one that waited takes over")
    func takeover() async throws {
        try await LivePlatform.with { platform in
            let places = [try await platform.tenants.makePlant(), try await platform.tenants.makePlant()]
            var runners: [ProcessView] = []
            for place in places { runners.append(try await platform.runner(of: place)) }
            #expect(runners.allSatisfy { !$0.text("environ").contains(ControlPlaneProcess.masterKey) })
            let second = try ControlPlaneProcess(platform.fixture, data: platform.data)
            try await second.ready()
            // It serves, and leaves the runners to the first.
            #expect(places.allSatisfy { second.runner(of: "\($0.plantID)") == nil })
            #expect(runners.allSatisfy { $0.isRunning })
            let directory = try #require(ControlPlaneProcess.socketDirectory(of: runners[0]))
            let sandboxes = runners.flatMap { [$0, $0.parent!, $0.parent!.parent!] }
            platform.controlPlane.kill(SIGKILL)
            #expect(try await platform.controlPlane.ended() == -SIGKILL)
            try await eventually("all of the first one's sandboxes end") { !sandboxes.contains(where: \.isRunning) }
            for place in places {
                _ = try await eventually("the second one takes over: \(second.log.suffix(1000))") {
                    second.runner(of: "\(place.plantID)")
                }
                #expect(try await platform.runners.runner(of: place.scope)?.epoch == 2)
            }
            // In order: nothing is left, neither process nor socket.
            second.kill(SIGTERM)
            #expect(try await second.ended() == 0)
            #expect(ProcessView.mentioning(directory).isEmpty)
            #expect(access(directory, F_OK) != 0)
        }
    }

    @Test("a sandbox that lacks a protection is named at the start, and refused in production")
    func production() async throws {
        try await LivePlatform.withDatabase { fixture in
            let environment = ["MILLWRIGHT_BUBBLEWRAP": "/nonexistent/bwrap"]
            let strict = try ControlPlaneProcess(
                fixture, data: try TestFolder(), arguments: ["--mode", "production"], environment: environment)
            #expect(try await strict.ended() != 0)
            #expect(strict.log.contains("Production mode needs every protection of the runners"))
            #expect(strict.log.contains("bubblewrap (/nonexistent/bwrap is not there"), "\(strict.log)")
            #expect(!strict.log.contains("ready http"))
            let lenient = try ControlPlaneProcess(fixture, data: try TestFolder(), environment: environment)
            try await lenient.ready()
            #expect(lenient.log.contains("a protection of the runners is missing"))
            #expect(lenient.log.contains("bubblewrap (/nonexistent/bwrap is not there"))
            let whole = try ControlPlaneProcess(
                fixture, data: try TestFolder(), arguments: ["--mode", "production"])
            try await whole.ready()
        }
    }

    private static func post(_ request: SyncRequest, to path: String) async throws -> String {
        let caller = try UnixCaller(path)
        defer { caller.close() }
        let body = String(decoding: request.encoded(), as: UTF8.self)
        caller.send("POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return try await caller.read { $0.contains("\r\n\r\n{") && $0.hasSuffix("}") }
    }
}
