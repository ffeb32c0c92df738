package dynafilter.data.folder;

import dynafilter.data.ClassNames;
import dynafilter.data.folder.ClassFolders.LabelledFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Warnings about class folders that look like something else. */
final class LayoutWarnings {
    private LayoutWarnings() {}

    /** The warnings, a sentence each. */
    static List<String> of(ClassFolders folders) {
        List<String> warnings = new ArrayList<>();
        for (String name : folders.classes()) {
            boolean isPart = SplitName.of(name)
                    .filter(split -> split.rest().isEmpty() && !split.role().equals(ImageFolder.TRAIN))
                    .isPresent();
            if (isPart) {
                warnings.add(folders.shown(name)
                        + " counts as a class: were its images to judge by, they would go into " + folders.shown(name)
                        + "/CLASS, and all others into " + folders.shown("train") + "/CLASS");
            }
        }
        alike(folders)
                .ifPresent(inner -> warnings.add("each folder in " + folders.root() + " has folders named "
                        + ClassNames.shown(List.copyOf(inner))
                        + ", and counts as one class: where those are the classes, give --data "
                        + folders.shown(folders.classes().get(0))
                        + " or another one of them; where they are splits, put them outside,"
                        + " as " + folders.shown("train") + "/"
                        + folders.classes().get(0)));
        return warnings;
    }

    /**
     * The names of the folders inside the classes' folders; empty unless they are the same in each, two or more, and hold all
     * images.
     */
    private static Optional<Set<String>> alike(ClassFolders folders) {
        List<Set<String>> inner = new ArrayList<>();
        folders.classes().forEach(name -> inner.add(new TreeSet<>()));
        folders.files().forEach(file -> inner.get(file.label()).add(folderInClass(file)));
        Set<String> first = inner.get(0);
        boolean isAlike =
                first.size() > 1 && !first.contains("") && inner.stream().allMatch(first::equals);
        return isAlike ? Optional.of(first) : Optional.empty();
    }

    /** The folder of a file inside its class's: "in" of "class/in/side/1.png", "" of "class/1.png". */
    private static String folderInClass(LabelledFile file) {
        String[] parts = file.name().split("/", 3);
        return parts.length < 3 ? "" : parts[1];
    }
}
