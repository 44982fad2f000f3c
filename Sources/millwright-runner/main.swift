import RunnerCore

RunnerProcess.main(Array(CommandLine.arguments.dropFirst()))
