extension BenchReport {
    /// A figure that should be small: whether it is stands beside it.
    func figure(_ metric: String, _ value: Double, unit: String, ceiling: Double) {
        standing(metric, value, unit: unit, goal: ceiling, isReached: value <= ceiling)
    }

    /// Quantiles of which one has a goal.
    func quantiles(
        _ metric: String, of values: [Double], unit: String, goalOfMedian: Double? = nil, ceilingOfP99: Double? = nil
    ) {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return }
        for (name, part, ceiling) in [("p50", 0.5, goalOfMedian), ("p99", 0.99, ceilingOfP99), ("max", 1.0, nil)] {
            let index = max(0, min(sorted.count - 1, Int((Double(sorted.count) * part).rounded(.up)) - 1))
            if let ceiling {
                figure("\(metric)-\(name)", sorted[index], unit: unit, ceiling: ceiling)
            } else {
                figure("\(metric)-\(name)", sorted[index], unit: unit)
            }
        }
    }
}
