// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting
import Sidecar

/// A length of time on the command line, in whole seconds, written as in settings: `15m`, `1h30m`.
struct DurationArgument: ExpressibleByArgument, Equatable {
    let seconds: Int

    /// Takes a number of seconds.
    init(seconds: Int) {
        self.seconds = seconds
    }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument),
            duration.components.attoseconds == 0
        else { return nil }
        seconds = Int(duration.components.seconds)
    }

    /// As it is written on the command line.
    var defaultValueDescription: String { DurationText.text(.seconds(seconds)) }
}
