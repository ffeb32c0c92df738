package dynafilter.io;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.deser.ValueInstantiator;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.util.ClassUtil;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The treatment of values that JSON lacks (NaN, infinities, paths) and of values that a document does not expect. */
final class JsonValues {
    private JsonValues() {}

    static SimpleModule module() {
        return new SimpleModule()
                .addSerializer(double.class, new FiniteOrNull())
                .addSerializer(Double.class, new FiniteOrNull())
                .addDeserializer(double.class, new NumberOrNaN())
                .addSerializer(Path.class, ToStringSerializer.instance); // Jackson's own is a URI
    }

    /** Writes NaN and infinities as null: JSON has neither. */
    private static final class FiniteOrNull extends StdSerializer<Double> {
        private static final long serialVersionUID = 1;

        FiniteOrNull() {
            super(Double.class);
        }

        @Override
        public void serialize(Double value, JsonGenerator json, SerializerProvider provider) throws IOException {
            if (Double.isFinite(value)) {
                json.writeNumber(value);
            } else {
                json.writeNull();
            }
        }
    }

    /** Reads a number; NaN where it is missing or null. */
    private static final class NumberOrNaN extends StdDeserializer<Double> {
        private static final long serialVersionUID = 1;

        NumberOrNaN() {
            super(double.class);
        }

        @Override
        public Double deserialize(JsonParser json, DeserializationContext context) throws IOException {
            double value = json.getValueAsDouble(Double.NaN);
            json.skipChildren(); // of an object or an array, which is no number
            return value;
        }

        @Override
        public Double getNullValue(DeserializationContext context) {
            return Double.NaN;
        }
    }

    /** Takes a value of another kind than the document expects as missing: older files and edited ones stay readable. */
    static final class PassOver extends DeserializationProblemHandler {
        @Override
        public @Nullable Object handleUnexpectedToken(
                DeserializationContext context, JavaType type, JsonToken token, JsonParser json, String failure)
                throws IOException {
            json.skipChildren();
            return type.isPrimitive() ? ClassUtil.defaultValue(type.getRawClass()) : null;
        }

        @Override
        public @Nullable Object handleMissingInstantiator(
                DeserializationContext context,
                Class<?> type,
                ValueInstantiator instantiator,
                JsonParser json,
                String failure)
                throws IOException {
            json.skipChildren();
            return null;
        }

        @Override
        public @Nullable Object handleWeirdStringValue(
                DeserializationContext context, Class<?> type, String value, String failure) {
            return null;
        }

        @Override
        public @Nullable Object handleWeirdNumberValue(
                DeserializationContext context, Class<?> type, Number value, String failure) {
            return null;
        }
    }
}
