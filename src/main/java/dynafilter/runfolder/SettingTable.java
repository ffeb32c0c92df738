package dynafilter.runfolder;

import dynafilter.io.InputException;
import dynafilter.runfolder.Setting.Trait;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The settings of a record as a table: its components with a {@link Setting}, and those of the records in it. The command line,
 * config.json, checkpoints, the checks of a resumed run and a run's header read settings from this table.
 *
 * @param <R> the record
 */
public final class SettingTable<R extends Record> {
    private final R defaults;
    private final List<SettingRow> rows = new ArrayList<>();

    /** @param defaults the values of settings that a run does not name */
    public SettingTable(R defaults) {
        this.defaults = defaults;
        addRows(defaults, UnaryOperator.identity());
    }

    private void addRows(Record record, UnaryOperator<Record> way) {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            Object value = valueOf(component, record);
            if (component.isAnnotationPresent(Setting.class)) {
                rows.add(new SettingRow(component, value, whole -> valueOf(component, way.apply(whole))));
            } else {
                addRows((Record) value, whole -> (Record) valueOf(component, way.apply(whole)));
            }
        }
    }

    /** The settings in the order in which the help lists them. */
    public List<SettingRow> rows() {
        return List.copyOf(rows);
    }

    /** The record of default values. */
    public R defaults() {
        return defaults;
    }

    /** The values of a record by {@link SettingRow#key}, in the order in which files hold them; constants of enums as text. */
    public Map<String, Object> toMap(R record) {
        Map<String, Object> values = new LinkedHashMap<>();
        rows.stream().sorted(Comparator.comparingInt(SettingRow::place)).forEach(row -> {
            values.put(row.key(), row.written(record));
        });
        return values;
    }

    /**
     * A record with some values replaced.
     *
     * @param strict true: a name that is no setting is an error; false: it is passed over
     * @throws InputException for a value of the wrong type or out of range
     */
    public R with(R base, Map<String, ?> values, boolean strict) {
        if (strict) {
            for (String name : values.keySet()) {
                if (rows.stream().noneMatch(row -> row.key().equals(name))) {
                    throw new InputException("a recipe has no '" + name + "'");
                }
            }
        }
        @SuppressWarnings("unchecked") // made by the constructor of base's class
        R changed = (R) changed(base, values);
        return changed;
    }

    private Record changed(Record base, Map<String, ?> values) {
        RecordComponent[] components = base.getClass().getRecordComponents();
        Object[] arguments = Arrays.stream(components)
                .map(component -> argument(component, valueOf(component, base), values))
                .toArray();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return base.getClass().getDeclaredConstructor(types).newInstance(arguments);
        } catch (InvocationTargetException refused) {
            if (refused.getCause() instanceof InputException wrong) {
                throw wrong;
            }
            throw new IllegalStateException(refused.getCause());
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private Object argument(RecordComponent component, Object before, Map<String, ?> values) {
        if (!component.isAnnotationPresent(Setting.class)) {
            return changed((Record) before, values);
        }
        String key = SettingRow.key(component);
        return values.containsKey(key) ? row(key).converted(values.get(key)) : before;
    }

    private SettingRow row(String key) {
        return rows.stream().filter(row -> row.key().equals(key)).findFirst().orElseThrow();
    }

    /**
     * Sees that a resumed run has the fixed settings of its finished steps.
     *
     * @param then the values in its checkpoint, by name; a setting that is missing there may have any value
     * @throws InputException naming the first setting that differs
     */
    public void requireSameFixed(Map<String, ?> then, R now) {
        Map<String, Object> values = toMap(now);
        // What a run left open may be settled otherwise because another setting differs: that one is named.
        Comparator<SettingRow> openLast = Comparator.comparing(row -> row.isOpen(then.get(row.key())));
        for (SettingRow row : rows.stream().sorted(openLast).toList()) {
            Object before = then.get(row.key());
            Object value = Objects.requireNonNull(values.get(row.key()), row.key());
            if (row.has(Trait.FIXED) && before != null && !value.toString().equals(before.toString())) {
                throw new InputException("the checkpoint was trained " + difference(row, before, value)
                        + "; leave the option out to resume it, or start a new run without --resume");
            }
        }
    }

    /** Two values of a setting in words: with --lr 0.1, not 0.2; without --adapter, not with it. */
    private static String difference(SettingRow row, Object before, Object now) {
        String then = row.isFlag() ? "" : Recipes.typed(before);
        boolean without = row.isFlag() ? Boolean.TRUE.equals(now) : then.isEmpty();
        String value = row.isFlag() ? "it" : Recipes.typed(now);
        return without
                ? "without --" + row.option() + ", not with " + value
                : "with --" + (row.option() + " " + then).strip() + ", not " + (row.isFlag() ? "without it" : value);
    }

    /** The words of a run's header for the settings that differ from their defaults. */
    public List<String> header(R record) {
        return rows.stream().flatMap(row -> row.header(record).stream()).toList();
    }

    private static Object valueOf(RecordComponent component, Record record) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
