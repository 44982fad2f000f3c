import JSON
import Primitives
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Runs scripts and shell commands of workflows, each in a bubblewrap sandbox of its own that has no network, sees
/// nothing of this machine but `/usr`, keeps nothing, and is gone with its last process when its time is up.
///
/// Nothing outside of the sandbox changes by what runs in it, so a job whose result was lost can be run again.
package struct ProcessSandbox: Sendable {
    private let bubblewrapPath: String
    private let account: LocalProcessDriver.Account?
    private let filter: ProcessFilterFile

    /// - Parameter account: whom the processes run as; `nil` keeps the user who asks, who is then not root.
    package init(
        bubblewrapPath: String, account: LocalProcessDriver.Account?, filter: ProcessFilterFile = .shared
    ) {
        self.bubblewrapPath = bubblewrapPath
        self.account = account
        self.filter = filter
    }

    /// Languages that this machine cannot run, and why. Jobs in them are refused; all others are as safe as ever.
    package func missingInterpreters() -> [String] {
        var missing: [String] = []
        for language in ProcessLanguage.allCases {
            do throws(ProcessFailure) {
                _ = try ProcessInterpreter(language)
            } catch {
                missing.append(error.detail)
            }
        }
        return missing
    }

    /// What of the sandbox does not hold on this machine, by name: where it is not empty, a first job failed.
    package func missingProtections() async -> [String] {
        do throws(ProcessFailure) {
            let job = try ProcessJob(function: "run:shell", arguments: ["shell": ["command": "exit 7"]])
            let result = try await run(job).get()
            return result.code == 7 ? [] : ["a first process ended with \(result.code)"]
        } catch {
            return [error.detail]
        }
    }

    /// Runs one job to its end. Cancelling the task ends the process and everything that it started.
    package func run(
        _ job: ProcessJob, limits: ProcessLimits = ProcessLimits()
    ) async -> Result<ProcessResult, ProcessFailure> {
        do throws(ProcessFailure) {
            guard access(bubblewrapPath, X_OK) == 0 else {
                throw ProcessFailure(.configuration, "bubblewrap (\(bubblewrapPath)) is not there; install it")
            }
            let interpreter = try ProcessInterpreter(job.language)
            let input = ProcessInput(job, interpreter)
            guard let filterPath = filter.path else {
                throw ProcessFailure(
                    .configuration,
                    "the system-call filter cannot be written; see whether /tmp has room, and on which processor this is"
                )
            }
            let arguments = ProcessSandboxArguments(
                bubblewrap: bubblewrapPath, program: input.program, language: job.language, limits: limits)
            return .success(try await run(arguments.values, input.bytes, filterPath, limits))
        } catch {
            return .failure(error)
        }
    }

    /// - Parameter words: bubblewrap and its arguments.
    func run(
        _ words: [String], _ input: [UInt8], _ filter: String, _ limits: ProcessLimits
    ) async throws(ProcessFailure) -> ProcessResult {
        let command = Self.command(words, filter, account)
        let watched = WatchedProcess(input: input, limits: limits)
        let status: TerminationStatus
        do {
            status = try await Subprocess.run(
                .path(FilePath("/bin/sh")), arguments: Arguments(command), environment: .custom(Self.environment),
                // Where the control plane stands is nobody's business: a shell would hand it on as PWD.
                workingDirectory: FilePath("/"), platformOptions: Self.platformOptions, input: .inputWriter,
                output: .sequence, error: .sequence
            ) { await watched.watch($0) }.terminationStatus
        } catch {
            if Task.isCancelled { throw ProcessFailure(.cancelled, "the process was given up") }
            throw ProcessFailure(.configuration, "the sandbox cannot be started: \(error)")
        }
        if Task.isCancelled { throw ProcessFailure(.cancelled, "the process was given up") }
        return try watched.result(status)
    }

    /// A shell opens the filter's file, which only we can read, and becomes the sandbox: as another account where that
    /// is wanted, and politer than the control plane itself.
    private static func command(
        _ words: [String], _ filter: String, _ account: LocalProcessDriver.Account?
    ) -> [String] {
        let switched = AccountSwitch.command(words[0], Array(words.dropFirst()), as: account)
        let sandbox = [switched.executable.string] + switched.arguments
        return ["-c", "exec nice -n 5 \"$@\" \(ProcessSandboxArguments.filterDescriptor)<\"$0\"", filter] + sandbox
    }

    private static let environment: [Environment.Key: String] = ["PATH": "/usr/bin:/bin"]

    /// The terminal's Ctrl-C is not for it.
    private static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        return options
    }
}
