import Glibc

/// Which of the bugs that the patches beside this file plant is live: at most one, named by the environment.
///
/// `./millwright mutations` puts this file and all patches into a copy of the tree, which is built once.
package enum PlantedBug {
    private static let name = getenv("MILLWRIGHT_PLANTED_BUG").map { String(cString: $0) }

    package static func isPlanted(_ name: String) -> Bool { name == self.name }
}
