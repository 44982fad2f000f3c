/// What else is known of runs, on the same database and board.
extension RunDirectory {
    package var policies: WorkflowPolicyDirectory {
        WorkflowPolicyDirectory(database: database, board: board, clock: clock)
    }

    package var plantTimeline: PlantTimeline { PlantTimeline(database: database, clock: clock) }

    package var watchers: PlantWatchers { board.watchers }

    package func deadLetters(intake: EventIntake) -> DeadLetterDirectory {
        DeadLetterDirectory(database: database, runs: self, intake: intake, clock: clock)
    }
}
